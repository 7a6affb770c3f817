with

components as (

    select * from {{ ref('int_metrics__daily_components') }}

),

first_days as (

    select
        metric_variant,
        segment_name,
        segment_value,
        min(business_date) as first_day
    from components
    group by metric_variant, segment_name, segment_value

),

-- Every day of each segment, by adding days without anything to those with something: a join would compare each day of
-- a segment with all of its others.
spine as (

    select
        first_days.metric_variant,
        first_days.segment_name,
        first_days.segment_value,
        calendar.day as business_date,
        0 as n,
        0 as positives,
        0 as negatives,
        cast(0 as numeric) as total,
        cast(0 as numeric) as total_of_squares,
        0 as unfinished
    from first_days
    cross join lateral ({{ days('first_days.first_day', as_of_date()) }}) as calendar

),

dense as (

    select
        metric_variant,
        segment_name,
        segment_value,
        business_date,
        sum(n) as n,
        sum(positives) as positives,
        sum(negatives) as negatives,
        sum(total) as total,
        sum(total_of_squares) as total_of_squares,
        sum(unfinished) as unfinished
    from (
        select * from components
        union all
        select * from spine
    ) as days
    group by metric_variant, segment_name, segment_value, business_date

),

daily as (

    select
        metric_variant,
        segment_name,
        segment_value,
        'day' as grain,
        business_date as period_start,
        business_date + 1 as period_end,
        n,
        positives,
        negatives,
        total,
        total_of_squares,
        unfinished
    from components

),

rolling as (

    select
        metric_variant,
        segment_name,
        segment_value,
        'rolling_30d' as grain,
        business_date - 29 as period_start,
        business_date + 1 as period_end,
        sum(n) over last_30_days as n,
        sum(positives) over last_30_days as positives,
        sum(negatives) over last_30_days as negatives,
        sum(total) over last_30_days as total,
        sum(total_of_squares) over last_30_days as total_of_squares,
        sum(unfinished) over last_30_days as unfinished
    from dense
    window last_30_days as (
        partition by metric_variant, segment_name, segment_value
        order by business_date rows between 29 preceding and current row
    )

),

-- Weeks begin on Monday.
weekly as (

    select
        metric_variant,
        segment_name,
        segment_value,
        'week' as grain,
        cast(date_trunc('week', cast(business_date as timestamp)) as date) as period_start,
        cast(date_trunc('week', cast(business_date as timestamp)) + interval '7 days' as date) as period_end,
        sum(n) as n,
        sum(positives) as positives,
        sum(negatives) as negatives,
        sum(total) as total,
        sum(total_of_squares) as total_of_squares,
        sum(unfinished) as unfinished
    from components
    group by metric_variant, segment_name, segment_value, date_trunc('week', cast(business_date as timestamp))

),

monthly as (

    select
        metric_variant,
        segment_name,
        segment_value,
        'month' as grain,
        cast(date_trunc('month', cast(business_date as timestamp)) as date) as period_start,
        cast(date_trunc('month', cast(business_date as timestamp)) + interval '1 month' as date) as period_end,
        sum(n) as n,
        sum(positives) as positives,
        sum(negatives) as negatives,
        sum(total) as total,
        sum(total_of_squares) as total_of_squares,
        sum(unfinished) as unfinished
    from components
    group by metric_variant, segment_name, segment_value, date_trunc('month', cast(business_date as timestamp))

),

all_time as (

    select
        metric_variant,
        segment_name,
        segment_value,
        'all_time' as grain,
        min(business_date) as period_start,
        {{ as_of_date() }} + 1 as period_end,
        sum(n) as n,
        sum(positives) as positives,
        sum(negatives) as negatives,
        sum(total) as total,
        sum(total_of_squares) as total_of_squares,
        sum(unfinished) as unfinished
    from components
    group by metric_variant, segment_name, segment_value

),

unioned as (

    select * from daily
    union all
    select * from rolling
    union all
    select * from weekly
    union all
    select * from monthly
    union all
    select * from all_time

)

select * from unioned where n > 0
