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
        grain, segment_name, segment_value,
        order_date as last_day,
        1 as buyers,
        repeats as repeat_buyers,
        returns as returning_buyers
    from in_windows
    union all
    select
        grain, segment_name, segment_value,
        least(order_date + days, next_order_date) as last_day,
        -1 as buyers,
        0 as repeat_buyers,
        -returns as returning_buyers
    from in_windows
    union all
    select
        grain, segment_name, segment_value,
        least(previous_order_date + days, next_order_date) as last_day,
        0 as buyers,
        -1 as repeat_buyers,
        0 as returning_buyers
    from in_windows
    where repeats = 1

),

daily_changes as (

    select
        grain,
        segment_name,
        segment_value,
        last_day,
        sum(buyers) as buyers,
        sum(repeat_buyers) as repeat_buyers,
        sum(returning_buyers) as returning_buyers
    from changes
    where last_day <= {{ as_of_date() }}
    group by grain, segment_name, segment_value, last_day

),

first_days as (

    select
        grain,
        segment_name,
        segment_value,
        min(last_day) as first_day
    from daily_changes
    group by grain, segment_name, segment_value

),

moving as (

    select
        first_days.grain,
        first_days.segment_name,
        first_days.segment_value,
        calendar.day + 1 - windows.days as period_start,
        calendar.day + 1 as period_end,
        sum(coalesce(daily_changes.buyers, 0)) over days_so_far as buyers,
        sum(coalesce(daily_changes.repeat_buyers, 0)) over days_so_far as repeat_buyers,
        sum(coalesce(daily_changes.returning_buyers, 0)) over days_so_far as returning_buyers
    from first_days
    inner join windows on first_days.grain = windows.grain
    cross join lateral ({{ days('first_days.first_day', as_of_date()) }}) as calendar
    left join daily_changes
        on first_days.grain = daily_changes.grain
            and first_days.segment_name = daily_changes.segment_name
            and first_days.segment_value = daily_changes.segment_value
            and calendar.day = daily_changes.last_day
    window days_so_far as (
        partition by first_days.grain, first_days.segment_name, first_days.segment_value order by calendar.day
    )

)

select * from moving where buyers > 0
