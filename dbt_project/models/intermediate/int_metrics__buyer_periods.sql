with

orders as (

    select * from {{ ref('int_orders__sequence') }}

),

windows as (

    select 'day' as grain, 1 as days
    union all
    select 'rolling_30d' as grain, 30 as days

),

-- A buyer is a repeat one if two orders lie in the window, a returning one if an order in it was not the first ever.
in_windows as (

    select
        windows.grain,
        windows.days,
        orders.*,
        cast(coalesce(orders.previous_order_date + windows.days > orders.order_date, false) as integer) as repeats,
        cast(orders.previous_order_date is not null as integer) as returns
    from orders
    cross join windows

),

-- An order is its customer's latest in the windows that end on its day and later, until the next order or until it
-- leaves the window; so adding one on the first such day and taking it off after the last counts each customer once
-- a window, at the cost of the orders and not of the windows. A pair of orders leaves with the earlier of the two.
changes as (

    select
        in_windows.grain,
        in_windows.segment_name,
        in_windows.segment_value,
        change.last_day,
        sum(change.buyers) as buyers,
        sum(change.repeat_buyers) as repeat_buyers,
        sum(change.returning_buyers) as returning_buyers
    from in_windows
    cross join
        lateral (
            values
            (in_windows.order_date, 1, in_windows.repeats, in_windows.returns),
            (
                least(in_windows.order_date + in_windows.days, in_windows.next_order_date),
                -1, 0, -in_windows.returns
            ),
            (
                least(in_windows.previous_order_date + in_windows.days, in_windows.next_order_date),
                0, -in_windows.repeats, 0
            )
        ) as change (last_day, buyers, repeat_buyers, returning_buyers)
    group by in_windows.grain, in_windows.segment_name, in_windows.segment_value, change.last_day

),

first_days as (

    select
        grain,
        segment_name,
        segment_value,
        min(last_day) filter (where buyers > 0) as first_day
    from changes
    group by grain, segment_name, segment_value

),

moving as (

    select
        first_days.grain,
        first_days.segment_name,
        first_days.segment_value,
        calendar.day + 1 - windows.days as period_start,
        calendar.day + 1 as period_end,
        sum(coalesce(changes.buyers, 0)) over days_so_far as buyers,
        sum(coalesce(changes.repeat_buyers, 0)) over days_so_far as repeat_buyers,
        sum(coalesce(changes.returning_buyers, 0)) over days_so_far as returning_buyers
    from first_days
    inner join windows on first_days.grain = windows.grain
    cross join lateral ({{ days('first_days.first_day', as_of_date()) }}) as calendar
    left join changes
        on first_days.grain = changes.grain
            and first_days.segment_name = changes.segment_name
            and first_days.segment_value = changes.segment_value
            and calendar.day = changes.last_day
    window days_so_far as (
        partition by first_days.grain, first_days.segment_name, first_days.segment_value order by calendar.day
    )

),

calendars as (

    select 'week' as grain, interval '7 days' as length
    union all
    select 'month' as grain, interval '1 month' as length

),

customers_of_periods as (

    select
        calendars.grain,
        calendars.length,
        orders.segment_name,
        orders.segment_value,
        date_trunc(calendars.grain, cast(orders.order_date as timestamp)) as started_at,
        orders.customer_key,
        count(*) as orders,
        count(orders.previous_order_date) as later_orders
    from orders
    cross join calendars
    group by
        calendars.grain, calendars.length, orders.segment_name, orders.segment_value,
        date_trunc(calendars.grain, cast(orders.order_date as timestamp)), orders.customer_key

),

fixed as (

    select
        grain,
        segment_name,
        segment_value,
        cast(started_at as date) as period_start,
        cast(started_at + length as date) as period_end,
        count(*) as buyers,
        count(*) filter (where orders >= 2) as repeat_buyers,
        count(*) filter (where later_orders >= 1) as returning_buyers
    from customers_of_periods
    group by grain, segment_name, segment_value, started_at, length

),

-- Nobody bought before all time, so both definitions are one then.
all_time as (

    select
        'all_time' as grain,
        segment_name,
        segment_value,
        min(order_date) as period_start,
        {{ as_of_date() }} + 1 as period_end,
        count(distinct customer_key) as buyers,
        count(distinct customer_key) filter (where previous_order_date is not null) as repeat_buyers,
        count(distinct customer_key) filter (where previous_order_date is not null) as returning_buyers
    from orders
    group by segment_name, segment_value

),

unioned as (

    select * from moving
    union all
    select * from fixed
    union all
    select * from all_time

)

select * from unioned where buyers > 0
