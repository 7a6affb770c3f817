with

responses as (

    select * from {{ ref('int_survey_responses__sequence') }}

),

moving as (

    select * from {{ ref('int_surveys__latest_moving_periods') }}

),

placed as (

    select
        *,
        cast(date_trunc('week', cast(business_date as timestamp)) as date) as week_start,
        cast(date_trunc('month', cast(business_date as timestamp)) as date) as month_start
    from responses

),

ranked as (

    select
        *,
        row_number() over (
            partition by metric_variant, segment_name, segment_value, customer_key, week_start
            order by responded_at desc, response_key desc
        ) as recency_in_week,
        row_number() over (
            partition by metric_variant, segment_name, segment_value, customer_key, month_start
            order by responded_at desc, response_key desc
        ) as recency_in_month,
        next_business_date is null as is_latest_of_all,
        min(business_date) over (partition by metric_variant, segment_name, segment_value) as first_day
    from placed

),

fixed as (

    select
        metric_variant, 'week' as grain, segment_name, segment_value,
        week_start as period_start, week_start + 7 as period_end,
        positives, negatives
    from ranked
    where recency_in_week = 1
    union all
    select
        metric_variant, 'month' as grain, segment_name, segment_value,
        month_start as period_start, cast(month_start + interval '1 month' as date) as period_end,
        positives, negatives
    from ranked
    where recency_in_month = 1
    union all
    select
        metric_variant, 'all_time' as grain, segment_name, segment_value,
        first_day as period_start, {{ as_of_date() }} + 1 as period_end,
        positives, negatives
    from ranked
    where is_latest_of_all

),

counted as (

    select
        metric_variant,
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        count(*) as n,
        sum(positives) as positives,
        sum(negatives) as negatives
    from fixed
    group by metric_variant, grain, segment_name, segment_value, period_start, period_end

),

unioned as (

    select * from counted
    union all
    select
        metric_variant,
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        n,
        positives,
        negatives
    from moving

)

select * from unioned where n > 0
