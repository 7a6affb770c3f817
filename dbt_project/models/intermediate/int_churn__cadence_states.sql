with

order_days as (

    select * from {{ ref('int_customers__order_days') }}

),

order_gaps as (

    select * from {{ ref('int_customers__order_gaps') }}

),

first_order_states as (

    select * from {{ ref('int_churn__first_order_states') }}

),

rules as (

    select * from {{ ref('churn_rules') }}

),

allowed as (

    select
        order_gaps.customer_key,
        order_gaps.order_date,
        order_gaps.next_order_date,
        cast(floor(rules.gap_multiple * order_gaps.median_gap_days) as integer) as days
    from order_gaps
    inner join rules on rules.churn_rule = 'cadence'

),

windows as (

    select
        customer_key,
        {{ month_after('order_date') }} as seen_from,
        {{ month_after('order_date + days') }} as lost_from,
        {{ month_after('next_order_date') }} as ordered_again_from
    from allowed

),

states as (

    select
        order_days.customer_key,
        first_order_states.month,
        first_order_states.state
    from order_days
    inner join first_order_states on order_days.order_date = first_order_states.order_date
    where order_days.day_number = 1
        and (order_days.next_order_date is null or order_days.next_order_date >= first_order_states.month)
    union all
    select customer_key, seen_from as month, 'active' as state
    from windows
    union all
    select customer_key, lost_from as month, 'lost' as state
    from windows
    where ordered_again_from is null or ordered_again_from > lost_from

)

select * from states
