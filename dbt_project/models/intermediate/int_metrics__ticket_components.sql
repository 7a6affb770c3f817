with

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

-- Attributed to the day the ticket was created: a ticket still waiting keeps its period incomplete.
components as (

    select
        'first_reply_minutes_mean' as metric_variant,
        source,
        business_date,
        count(first_reply_minutes) as n,
        0 as positives,
        0 as negatives,
        coalesce(sum(first_reply_minutes), 0) as total,
        coalesce(sum(first_reply_minutes * first_reply_minutes), 0) as total_of_squares,
        count(*) filter (where first_reply_minutes is null and not is_resolved) as unfinished
    from tickets
    where exclusion_reason is null
    group by source, business_date

),

segmented as (

    select
        components.metric_variant,
        segment.segment_name,
        segment.segment_value,
        components.business_date,
        sum(components.n) as n,
        sum(components.positives) as positives,
        sum(components.negatives) as negatives,
        sum(components.total) as total,
        sum(components.total_of_squares) as total_of_squares,
        sum(components.unfinished) as unfinished
    from components
    cross join lateral ({{ segments('components', ['source']) }}) as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by components.metric_variant, segment.segment_name, segment.segment_value, components.business_date

)

select * from segmented
