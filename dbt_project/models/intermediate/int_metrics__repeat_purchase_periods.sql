with

orders as (

    select * from {{ ref('int_orders__sequence') }}

),

windows as (

    select 'day' as grain, 1 as days
    union all
    select 'rolling_30d' as grain, 30 as days

),

-- An order is its customer's latest in the windows that end on its day and later, until the next order or until it
-- leaves the window; so adding one on the first such day and taking it off after the last counts each customer once
-- a window, at the cost of the orders and not of the windows.
changes as (

    select
        windows.grain, orders.segment_name, orders.segment_value,
        orders.order_date as last_day,
        1 as n,
        0 as positives
    from orders
    cross join windows
    union all
    select
        windows.grain, orders.segment_name, orders.segment_value,
        least(orders.order_date + windows.days, orders.next_order_date) as last_day,
        -1 as n,
        0 as positives
    from orders
    cross join windows
    union all
    select
        windows.grain, orders.segment_name, orders.segment_value,
        orders.order_date as last_day,
        0 as n,
        1 as positives
    from orders
    inner join windows on orders.previous_order_date + windows.days > orders.order_date
    union all
    select
        windows.grain, orders.segment_name, orders.segment_value,
        least(orders.previous_order_date + windows.days, orders.next_order_date) as last_day,
        0 as n,
        -1 as positives
    from orders
    inner join windows on orders.previous_order_date + windows.days > orders.order_date

),

daily_changes as (

    select
        grain,
        segment_name,
        segment_value,
        last_day,
        sum(n) as n,
        sum(positives) as positives
    from changes
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
        sum(coalesce(daily_changes.n, 0)) over days_so_far as n,
        sum(coalesce(daily_changes.positives, 0)) over days_so_far as positives
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

),

customer_months as (

    select
        segment_name,
        segment_value,
        order_month,
        customer_key,
        count(*) as orders
    from orders
    group by segment_name, segment_value, order_month, customer_key

),

monthly as (

    select
        'month' as grain,
        segment_name,
        segment_value,
        order_month as period_start,
        cast(order_month + interval '1 month' as date) as period_end,
        count(*) as n,
        count(*) filter (where orders >= 2) as positives
    from customer_months
    group by segment_name, segment_value, order_month

),

all_time as (

    select
        'all_time' as grain,
        segment_name,
        segment_value,
        min(order_date) as period_start,
        {{ as_of_date() }} + 1 as period_end,
        count(distinct customer_key) as n,
        count(distinct customer_key) filter (where previous_order_date is not null) as positives
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
