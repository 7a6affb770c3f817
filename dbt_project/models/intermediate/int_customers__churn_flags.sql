{#- As of the as-of date; int_customers__churn_states has the months' starts. Null is unknown. -#}

with

customers as (

    select * from {{ ref('int_customers__rfm') }}

),

order_gaps as (

    select * from {{ ref('int_customers__order_gaps') }}

),

base_gaps as (

    select * from {{ ref('int_churn__base_gaps') }}

),

lifetimes as (

    select * from {{ source('inference', 'customer_lifetimes') }}

),

terms as (

    select * from {{ ref('int_subscriptions__terms') }}

),

contacts as (

    select * from {{ ref('int_customers__contacts') }}

),

churn_rules as (

    select * from {{ ref('churn_rules') }}

),

parameters as (

    select
        max(inactive_days) filter (where churn_rule = 'inactive_90d') as short_days,
        max(inactive_days) filter (where churn_rule = 'inactive_180d') as long_days,
        max(gap_multiple) filter (where churn_rule = 'cadence') as gap_multiple,
        max(p_alive_below) filter (where churn_rule = 'p_alive') as p_alive_below
    from churn_rules

),

base_gap as (

    select base_gap_days
    from base_gaps
    where month = date_trunc('month', cast({{ as_of_date() }} as timestamp))

),

subscribers as (

    select
        customer_key,
        bool_or(ended_on is null or ended_on > {{ as_of_date() }}) as is_in_force
    from terms
    group by customer_key

),

flags as (

    select
        contacts.customer_key,
        order_gaps.median_gap_days,
        case
            when customers.recency_days > parameters.short_days then true
            when customers.age_days > parameters.short_days then false
        end as is_lost_inactive_90d,
        case
            when customers.recency_days > parameters.long_days then true
            when customers.age_days > parameters.long_days then false
        end as is_lost_inactive_180d,
        case
            when order_gaps.customer_key is not null
                then customers.recency_days > parameters.gap_multiple * order_gaps.median_gap_days
            when customers.recency_days > base_gap.base_gap_days then true
        end as is_lost_cadence,
        case when lifetimes.repeat_days > 0 then lifetimes.p_alive < parameters.p_alive_below end as is_lost_p_alive,
        not subscribers.is_in_force as is_lost_contractual
    from contacts
    cross join parameters
    left join customers on contacts.customer_key = customers.customer_key
    left join base_gap on true
    left join order_gaps on customers.customer_key = order_gaps.customer_key and order_gaps.next_order_date is null
    left join lifetimes on customers.customer_key = lifetimes.customer_key
    left join subscribers on contacts.customer_key = subscribers.customer_key

)

select * from flags
