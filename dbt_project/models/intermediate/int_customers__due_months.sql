{%- set due_date = "order_date + rules.inactive_days" -%}
{%- set due_month = "date_trunc('month', cast(" ~ due_date ~ " as timestamp))" -%}

with

orders as (

    select * from {{ ref('int_orders__sequence') }}
    where segment_name = 'all'

),

rules as (

    select 'inactive_90d' as churn_rule, 90 as inactive_days
    union all
    select 'inactive_180d' as churn_rule, 180 as inactive_days

),

-- The month in which an order's days of grace run out is the only one in which its customer can be lost after it.
due as (

    select
        rules.churn_rule,
        orders.customer_key,
        orders.next_order_date,
        cast({{ due_month }} as date) as month,
        cast({{ due_month }} + interval '1 month' as date) as next_month
    from orders
    cross join rules

),

-- Months that are over, and customers who had not ordered again before the month: an order in it keeps them.
final as (

    select
        churn_rule,
        customer_key,
        month,
        next_order_date is null or next_order_date >= next_month as is_lost
    from due
    where next_month <= {{ as_of_date() }} + 1
        and (next_order_date is null or next_order_date >= month)

)

select * from final
