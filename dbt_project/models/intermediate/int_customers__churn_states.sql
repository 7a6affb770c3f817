with

inactivity_states as (

    select * from {{ ref('int_churn__inactivity_states') }}

),

cadence_states as (

    select * from {{ ref('int_churn__cadence_states') }}

),

lifetime_states as (

    select * from {{ source('inference', 'lifetime_states') }}

),

balances as (

    select * from {{ ref('int_subscriptions__balances') }}

),

unioned as (

    select churn_rule, customer_key, month, state
    from inactivity_states
    union all
    select 'cadence' as churn_rule, customer_key, month, state
    from cadence_states
    union all
    select 'p_alive' as churn_rule, customer_key, month, state
    from lifetime_states
    union all
    select
        'contractual' as churn_rule,
        customer_key,
        month,
        case when terms > 0 then 'active' else 'lost' end as state
    from balances

),

-- Of several in one month lost stands, as its window was over when the month began; then active.
settled as (

    select
        churn_rule,
        customer_key,
        month,
        min(case state when 'lost' then 1 when 'active' then 2 else 3 end) as state_number
    from unioned
    where month <= {{ as_of_date() }} + 1
    group by churn_rule, customer_key, month

),

with_previous as (

    select
        *,
        lag(state_number) over (partition by churn_rule, customer_key order by month) as previous_state_number
    from settled

),

changes as (

    select
        churn_rule,
        customer_key,
        month,
        case state_number when 1 then 'lost' when 2 then 'active' else 'unknown' end as state,
        case previous_state_number when 1 then 'lost' when 2 then 'active' when 3 then 'unknown' end as previous_state
    from with_previous
    where previous_state_number is null or previous_state_number <> state_number

)

select * from changes
