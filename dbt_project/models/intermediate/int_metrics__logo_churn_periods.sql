{#- A customer is active at an instant with an order in the 90 calendar days before it. -#}
{%- set active_days = 90 -%}

with

orders as (

    select * from {{ ref('int_orders__sequence') }}

),

windows as (

    select 'day' as grain, 1 as days
    union all
    select 'rolling_30d' as grain, 30 as days

),

-- At the start of a period an order is its customer's latest, and recent, from the day after it until the next order
-- or until it is too old. It is the customer's latest, and too old, at the period's end if no order follows in time.
changes as (

    select
        windows.grain, orders.segment_name, orders.segment_value,
        orders.order_date + 1 as first_day,
        1 as n,
        0 as positives
    from orders
    cross join windows
    union all
    select
        windows.grain, orders.segment_name, orders.segment_value,
        least(orders.order_date + {{ active_days }}, orders.next_order_date) + 1 as first_day,
        -1 as n,
        0 as positives
    from orders
    cross join windows
    union all
    select
        windows.grain, orders.segment_name, orders.segment_value,
        orders.order_date + {{ active_days }} + 1 - windows.days as first_day,
        0 as n,
        1 as positives
    from orders
    cross join windows
    where orders.next_order_date is null or orders.next_order_date > orders.order_date + {{ active_days }}
    union all
    select
        windows.grain, orders.segment_name, orders.segment_value,
        least(orders.order_date + {{ active_days }}, orders.next_order_date - windows.days) + 1 as first_day,
        0 as n,
        -1 as positives
    from orders
    cross join windows
    where orders.next_order_date is null or orders.next_order_date > orders.order_date + {{ active_days }}

),

daily_changes as (

    select
        grain,
        segment_name,
        segment_value,
        first_day,
        sum(n) as n,
        sum(positives) as positives
    from changes
    group by grain, segment_name, segment_value, first_day

),

first_days as (

    select
        grain,
        segment_name,
        segment_value,
        min(first_day) as first_day
    from daily_changes
    group by grain, segment_name, segment_value

),

moving as (

    select
        first_days.grain,
        first_days.segment_name,
        first_days.segment_value,
        calendar.day as period_start,
        calendar.day + windows.days as period_end,
        sum(coalesce(daily_changes.n, 0)) over days_so_far as n,
        sum(coalesce(daily_changes.positives, 0)) over days_so_far as positives
    from first_days
    inner join windows on first_days.grain = windows.grain
    cross join lateral ({{ days('first_days.first_day', as_of_date() ~ ' + 1 - windows.days') }}) as calendar
    left join daily_changes
        on first_days.grain = daily_changes.grain
            and first_days.segment_name = daily_changes.segment_name
            and first_days.segment_value = daily_changes.segment_value
            and calendar.day = daily_changes.first_day
    window days_so_far as (
        partition by first_days.grain, first_days.segment_name, first_days.segment_value order by calendar.day
    )

),

months_ahead as (

    select 1 as months
    union all
    select 2 as months
    union all
    select 3 as months
    union all
    select 4 as months

),

month_starts as (

    select
        orders.*,
        cast(orders.order_month + months_ahead.months * interval '1 month' as date) as period_start,
        cast(orders.order_month + (months_ahead.months + 1) * interval '1 month' as date) as period_end
    from orders
    cross join months_ahead

),

monthly as (

    select
        'month' as grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        count(*) as n,
        count(*) filter (
            where order_date < period_end - {{ active_days }}
            and (next_order_date is null or next_order_date >= period_end)
        ) as positives
    from month_starts
    where order_date >= period_start - {{ active_days }}
        and (next_order_date is null or next_order_date >= period_start)
        -- Nobody is lost in a period that is not over.
        and period_end <= {{ as_of_date() }} + 1
    group by segment_name, segment_value, period_start, period_end

),

all_time as (

    select
        'all_time' as grain,
        segment_name,
        segment_value,
        min(order_date) as period_start,
        {{ as_of_date() }} + 1 as period_end,
        count(distinct customer_key) as n,
        count(*) filter (
            where next_order_date is null and order_date < {{ as_of_date() }} + 1 - {{ active_days }}
        ) as positives
    from orders
    group by segment_name, segment_value

),

unioned as (

    select * from moving
    union all
    select * from monthly
    union all
    select * from all_time

)

select * from unioned where n > 0
