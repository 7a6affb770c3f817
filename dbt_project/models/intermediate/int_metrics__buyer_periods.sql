with

orders as (

    select * from {{ ref('int_orders__sequence') }}

),

moving as (

    select * from {{ ref('int_metrics__buyer_windows') }}

),

calendars as (

    select 'week' as grain, interval '7 days' as length
    union all
    select 'month' as grain, interval '1 month' as length

),

placed as (

    select
        calendars.grain,
        calendars.length,
        orders.segment_name,
        orders.segment_value,
        orders.previous_order_date,
        date_trunc(calendars.grain, cast(orders.order_date as timestamp)) as started_at,
        date_trunc(calendars.grain, cast(orders.previous_order_date as timestamp)) as previous_started_at,
        date_trunc(calendars.grain, cast(orders.next_order_date as timestamp)) as next_started_at
    from orders
    cross join calendars

),

-- A customer's first order of a period stands for the customer: its neighbours tell whether there is another.
fixed as (

    select
        grain,
        segment_name,
        segment_value,
        cast(started_at as date) as period_start,
        cast(started_at + length as date) as period_end,
        count(*) as buyers,
        count(*) filter (where next_started_at = started_at) as repeat_buyers,
        count(*) filter (where previous_order_date is not null or next_started_at = started_at) as returning_buyers
    from placed
    where previous_started_at is null or previous_started_at < started_at
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
        count(*) as buyers,
        count(next_order_date) as repeat_buyers,
        count(next_order_date) as returning_buyers
    from orders
    where previous_order_date is null
    group by segment_name, segment_value

),

unioned as (

    select * from moving
    union all
    select * from fixed
    union all
    select * from all_time

)

select * from unioned
