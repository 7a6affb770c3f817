{{ config(unique_key=['month', 'churn_rule', 'touchpoint', 'outcome']) }}

with

last_contacts as (

    select * from {{ ref('int_customers__last_contacts') }}

),

counted as (

    select
        month,
        churn_rule,
        touchpoint,
        outcome,
        count(*) as customers,
        count(*) filter (where is_lost) as customers_lost,
        count(*) filter (where not is_lost) as customers_stayed
    from last_contacts
    group by month, churn_rule, touchpoint, outcome

),

totalled as (

    select
        *,
        sum(customers) over of_month as all_customers,
        sum(customers_lost) over of_month as all_lost,
        sum(customers_stayed) over of_month as all_stayed
    from counted
    window of_month as (partition by month, churn_rule)

),

final as (

    select
        month,
        churn_rule,
        touchpoint,
        outcome,
        cast(customers as integer) as customers,
        cast(customers_lost as integer) as customers_lost,
        cast(customers_stayed as integer) as customers_stayed,
        cast(all_lost as integer) as all_lost,
        cast(all_stayed as integer) as all_stayed,
        cast(cast(customers_lost as numeric) / nullif(all_lost, 0) as numeric(20, 6)) as share_of_lost,
        {{ wilson('customers_lost', 'all_lost', '-') }} as share_of_lost_ci_low,
        {{ wilson('customers_lost', 'all_lost', '+') }} as share_of_lost_ci_high,
        cast(cast(customers_stayed as numeric) / nullif(all_stayed, 0) as numeric(20, 6)) as share_of_stayed,
        {{ wilson('customers_stayed', 'all_stayed', '-') }} as share_of_stayed_ci_low,
        {{ wilson('customers_stayed', 'all_stayed', '+') }} as share_of_stayed_ci_high,
        cast(cast(customers_lost as numeric) / customers as numeric(20, 6)) as loss_rate,
        {{ wilson('customers_lost', 'customers', '-') }} as loss_rate_ci_low,
        {{ wilson('customers_lost', 'customers', '+') }} as loss_rate_ci_high,
        cast(
            cast(customers_lost as numeric) * all_customers / (cast(customers as numeric) * nullif(all_lost, 0))
            as numeric(20, 6)
        ) as lift,
        customers < {{ var('minimum_n') }} as is_below_min_n
    from totalled

)

select * from final
