with

sent as (

    select * from {{ ref('int_surveys__sent') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

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

)

select * from covered
