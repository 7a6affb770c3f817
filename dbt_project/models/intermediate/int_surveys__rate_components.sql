with

sent as (

    select * from {{ ref('int_surveys__sent') }}

),

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

),

-- Attributed to the day a survey was sent. No source says which ones arrived, so all that were sent are below the line.
answered as (

    select
        'response_rate_of_sent' as metric_variant,
        source,
        question,
        channel,
        sent_date as business_date,
        cast(is_elapsed as integer) as n,
        cast(is_elapsed and is_answered as integer) as positives,
        cast(not is_elapsed as integer) as unfinished
    from sent

),

submissions as (

    select
        submission_key,
        source,
        channel,
        business_date,
        count(comment) > 0 as has_comment
    from responses
    where responded_at is not null
    group by submission_key, source, channel, business_date

),

commented as (

    select
        'comment_rate' as metric_variant,
        source,
        cast(null as text) as question,
        channel,
        business_date,
        1 as n,
        cast(has_comment as integer) as positives,
        0 as unfinished
    from submissions

),

asked_about as (

    select
        order_key,
        min(sent_date) as sent_date
    from sent
    where order_key is not null
    group by order_key

),

-- Before the first order that was ever asked about there was no survey.
first_asked as (

    select min(orders.business_date) as first_day
    from orders
    inner join asked_about on orders.order_key = asked_about.order_key

),

-- Attributed to the day of the order.
covered as (

    select
        'survey_coverage_of_orders' as metric_variant,
        orders.source,
        cast(null as text) as question,
        cast(null as text) as channel,
        orders.business_date,
        cast(orders.business_date + {{ var('coverage_window_days') }} <= {{ as_of_date() }} as integer) as n,
        cast(
            orders.business_date + {{ var('coverage_window_days') }} <= {{ as_of_date() }}
            and coalesce(asked_about.sent_date - orders.business_date <= {{ var('coverage_window_days') }}, false)
            as integer
        ) as positives,
        cast(orders.business_date + {{ var('coverage_window_days') }} > {{ as_of_date() }} as integer) as unfinished
    from orders
    left join asked_about on orders.order_key = asked_about.order_key
    inner join first_asked on orders.business_date >= first_asked.first_day
    where not orders.is_cancelled

),

unioned as (

    select * from answered
    union all
    select * from commented
    union all
    select * from covered

),

components as (

    select
        metric_variant,
        source,
        question,
        channel,
        business_date,
        sum(n) as n,
        sum(positives) as positives,
        sum(unfinished) as unfinished
    from unioned
    group by metric_variant, source, question, channel, business_date

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
    cross join lateral ({{ segments('components', ['source', 'question', 'channel']) }})
        as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by components.metric_variant, segment.segment_name, segment.segment_value, components.business_date

)

select * from segmented
