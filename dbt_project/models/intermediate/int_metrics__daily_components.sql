with

surveys as (

    select * from {{ ref('int_surveys__daily') }}

),

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

),

survey_components as (

    select
        case metric when 'nps' then 'nps' when 'csat' then 'csat_top2' when 'ces' then 'ces_agree' end
            as metric_variant,
        source,
        question,
        business_date,
        n,
        positives,
        negatives,
        cast(0 as numeric) as total,
        cast(0 as numeric) as total_of_squares,
        0 as unfinished
    from surveys

),

-- Attributed to the day the ticket was created: a ticket still waiting keeps its period incomplete.
reply_components as (

    select
        'first_reply_minutes_mean' as metric_variant,
        source,
        cast(null as text) as question,
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

-- Attributed to the day of delivery. A cancelled order has no promise left, even if it was delivered all the same.
delivery_components as (

    select
        'late_delivery_rate' as metric_variant,
        source,
        cast(null as text) as question,
        delivered_date as business_date,
        count(*) as n,
        count(*) filter (where is_delivered_late) as positives,
        0 as negatives,
        cast(0 as numeric) as total,
        cast(0 as numeric) as total_of_squares,
        0 as unfinished
    from orders
    where is_delivered_late is not null and not is_cancelled
    group by source, delivered_date

),

unioned as (

    select * from survey_components
    union all
    select * from reply_components
    union all
    select * from delivery_components

),

segmented as (

    select 'all' as segment_name, 'all' as segment_value, *
    from unioned
    union all
    select 'source' as segment_name, source as segment_value, *
    from unioned
    union all
    select 'question' as segment_name, question as segment_value, *
    from unioned
    where question is not null

),

components as (

    select
        metric_variant,
        segment_name,
        segment_value,
        business_date,
        sum(n) as n,
        sum(positives) as positives,
        sum(negatives) as negatives,
        sum(total) as total,
        sum(total_of_squares) as total_of_squares,
        sum(unfinished) as unfinished
    from segmented
    where business_date <= {{ as_of_date() }}
    group by metric_variant, segment_name, segment_value, business_date

)

select * from components
