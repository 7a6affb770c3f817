with

order_changes as (

    select * from {{ ref('int_churn__monthly_changes') }}

),

subscription_changes as (

    select * from {{ ref('int_subscriptions__monthly_changes') }}

),

unioned as (

    select
        churn_rule,
        segment_name,
        segment_value,
        month,
        at_start,
        lost,
        unknown,
        newly_lost,
        won_back,
        cast(0 as numeric) as amount,
        cast(0 as numeric) as cancelled,
        cast(0 as numeric) as contracted,
        cast(0 as numeric) as expanded
    from order_changes
    union all
    select
        'contractual' as churn_rule,
        segment_name,
        segment_value,
        month,
        at_start,
        0 as lost,
        0 as unknown,
        newly_lost,
        won_back,
        amount,
        cancelled,
        contracted,
        expanded
    from subscription_changes

)

select * from unioned
