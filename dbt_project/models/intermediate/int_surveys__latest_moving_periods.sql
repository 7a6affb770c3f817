with

responses as (

    select * from {{ ref('int_survey_responses__sequence') }}

),

windows as (

    select 'day' as grain, 1 as days
    union all
    select 'rolling_30d' as grain, 30 as days

),

-- An answer is its customer's latest in the windows that end on its day and later, until the next one or until it
-- leaves the window: adding it on the first such day and taking it off after the last costs answers, not windows.
changes as (

    select
        responses.metric_variant,
        windows.grain,
        responses.segment_name,
        responses.segment_value,
        responses.business_date as last_day,
        1 as n,
        responses.positives,
        responses.negatives
    from responses
    cross join windows
    union all
    select
        responses.metric_variant,
        windows.grain,
        responses.segment_name,
        responses.segment_value,
        least(responses.business_date + windows.days, responses.next_business_date) as last_day,
        -1 as n,
        -responses.positives as positives,
        -responses.negatives as negatives
    from responses
    cross join windows

),

daily_changes as (

    select
        metric_variant,
        grain,
        segment_name,
        segment_value,
        last_day,
        sum(n) as n,
        sum(positives) as positives,
        sum(negatives) as negatives
    from changes
    group by metric_variant, grain, segment_name, segment_value, last_day

),

first_days as (

    select
        metric_variant,
        grain,
        segment_name,
        segment_value,
        min(last_day) as first_day
    from daily_changes
    group by metric_variant, grain, segment_name, segment_value

),

moving as (

    select
        first_days.metric_variant,
        first_days.grain,
        first_days.segment_name,
        first_days.segment_value,
        calendar.day + 1 - windows.days as period_start,
        calendar.day + 1 as period_end,
        sum(coalesce(daily_changes.n, 0)) over days_so_far as n,
        sum(coalesce(daily_changes.positives, 0)) over days_so_far as positives,
        sum(coalesce(daily_changes.negatives, 0)) over days_so_far as negatives
    from first_days
    inner join windows on first_days.grain = windows.grain
    cross join lateral ({{ days('first_days.first_day', as_of_date()) }}) as calendar
    left join daily_changes
        on first_days.metric_variant = daily_changes.metric_variant
            and first_days.grain = daily_changes.grain
            and first_days.segment_name = daily_changes.segment_name
            and first_days.segment_value = daily_changes.segment_value
            and calendar.day = daily_changes.last_day
    window days_so_far as (
        partition by first_days.metric_variant, first_days.grain, first_days.segment_name, first_days.segment_value
        order by calendar.day
    )

)

select * from moving
