with

order_days as (

    select * from {{ ref('int_customers__order_days') }}

),

rules as (

    select * from {{ ref('churn_rules') }}

),

-- The first month that starts after a date is the first in which that date lies before the start.
windows as (

    select
        rules.churn_rule,
        order_days.customer_key,
        order_days.day_number = 1 as is_first,
        {{ month_after('order_days.order_date') }} as seen_from,
        {{ month_after('order_days.order_date + rules.inactive_days') }} as inactive_from,
        {{ month_after('order_days.next_order_date') }} as ordered_again_from
    from order_days
    inner join rules on rules.inactive_days is not null

),

states as (

    select churn_rule, customer_key, seen_from as month, 'unknown' as state
    from windows
    where is_first
    union all
    select churn_rule, customer_key, inactive_from as month, 'active' as state
    from windows
    where is_first
    union all
    select churn_rule, customer_key, inactive_from as month, 'lost' as state
    from windows
    where ordered_again_from is null or ordered_again_from > inactive_from
    union all
    select churn_rule, customer_key, ordered_again_from as month, 'active' as state
    from windows
    where ordered_again_from > inactive_from

)

select * from states
