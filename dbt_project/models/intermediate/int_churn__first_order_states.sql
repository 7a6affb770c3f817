with

order_days as (

    select * from {{ ref('int_customers__order_days') }}

),

base_gaps as (

    select * from {{ ref('int_churn__base_gaps') }}

),

first_days as (

    select distinct order_date
    from order_days
    where day_number = 1

),

-- By day and not by customer: what the rule says of a customer who ordered once hangs on the day alone.
judged as (

    select
        first_days.order_date,
        calendar.month,
        case when calendar.month - first_days.order_date > base_gaps.base_gap_days then 'lost' else 'unknown' end
            as state
    from first_days
    cross join lateral ({{ months(month_after('first_days.order_date'), as_of_date() ~ ' + 1') }}) as calendar
    left join base_gaps on calendar.month = base_gaps.month

),

with_previous as (

    select
        *,
        lag(state) over (partition by order_date order by month) as previous_state
    from judged

),

changes as (

    select
        order_date,
        month,
        state
    from with_previous
    where previous_state is null or previous_state <> state

)

select * from changes
