with

experiences as (

    select * from {{ ref('int_experiences__first_of_month') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

),

answers as (

    select * from {{ ref('int_experiences__answers') }}

),

-- The experiences of each customer among the customer's orders and answers, so that one pass counts what came before.
timeline as (

    select
        customer_key,
        occurred_at,
        1 as is_experience,
        0 as is_order,
        0 as is_nps,
        0 as is_csat,
        cast(null as date) as order_date,
        experience_event,
        bucket,
        is_reference,
        cohort_month,
        experience_date
    from experiences
    union all
    select
        customer_key,
        ordered_at as occurred_at,
        0 as is_experience,
        1 as is_order,
        0 as is_nps,
        0 as is_csat,
        business_date as order_date,
        cast(null as text) as experience_event,
        cast(null as text) as bucket,
        cast(null as boolean) as is_reference,
        cast(null as date) as cohort_month,
        cast(null as date) as experience_date
    from orders
    union all
    select
        customer_key,
        responded_at as occurred_at,
        0 as is_experience,
        0 as is_order,
        case metric when 'nps' then 1 else 0 end as is_nps,
        case metric when 'csat' then 1 else 0 end as is_csat,
        cast(null as date) as order_date,
        cast(null as text) as experience_event,
        cast(null as text) as bucket,
        cast(null as boolean) as is_reference,
        cast(null as date) as cohort_month,
        cast(null as date) as experience_date
    from answers

),

-- What happened in the same instant is not after the experience.
counted as (

    select
        *,
        min(order_date) over (partition by customer_key) as first_order_date,
        sum(is_order) over so_far as orders_so_far,
        sum(is_nps) over so_far as nps_so_far,
        sum(is_csat) over so_far as csat_so_far
    from timeline
    window so_far as (
        partition by customer_key order by occurred_at, is_experience
        rows between unbounded preceding and current row
    )

),

final as (

    select
        customer_key,
        experience_event,
        bucket,
        is_reference,
        cohort_month,
        occurred_at,
        experience_date,
        first_order_date,
        orders_so_far,
        nps_so_far,
        csat_so_far
    from counted
    where is_experience = 1

)

select * from final
