with

detractors as (

    select * from {{ ref('int_surveys__closed_loop') }}

),

-- Attributed to the day of the answer; an answer that may still be followed up keeps its period incomplete.
components as (

    select
        'closed_loop_rate' as metric_variant,
        source,
        channel,
        business_date,
        count(is_contacted) as n,
        count(*) filter (where is_contacted) as positives,
        count(*) filter (where is_contacted is null) as unfinished
    from detractors
    group by source, channel, business_date

),

segmented as (

    select
        components.metric_variant,
        segment.segment_name,
        segment.segment_value,
        components.business_date,
        sum(components.n) as n,
        sum(components.positives) as positives,
        0 as negatives,
        cast(0 as numeric) as total,
        cast(0 as numeric) as total_of_squares,
        sum(components.unfinished) as unfinished
    from components
    cross join lateral ({{ segments('components', ['source', 'channel']) }}) as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by components.metric_variant, segment.segment_name, segment.segment_value, components.business_date

)

select * from segmented
