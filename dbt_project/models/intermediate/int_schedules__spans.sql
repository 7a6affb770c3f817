with

hours as (

    select * from {{ ref('int_schedules__hours') }}

),

holidays as (

    select * from {{ ref('int_schedules__holidays') }}

),

calendar as (

    select * from {{ ref('int_schedules__days') }}

),

-- Hours that go past the end of the week belong to its beginning.
weekly_hours as (

    select schedule_key, time_zone, start_minute_of_week, end_minute_of_week
    from hours
    union all
    select
        schedule_key,
        time_zone,
        start_minute_of_week - 10080 as start_minute_of_week,
        end_minute_of_week - 10080 as end_minute_of_week
    from hours
    where end_minute_of_week > 10080

),

-- Hours are cut at midnight: a holiday takes its own day of a night and not the other.
daily_hours as (

    select
        weekly_hours.schedule_key,
        weekly_hours.time_zone,
        calendar.day,
        greatest(weekly_hours.start_minute_of_week - 1440 * {{ day_of_week('calendar.day') }}, 0) as opens,
        least(weekly_hours.end_minute_of_week - 1440 * {{ day_of_week('calendar.day') }}, 1440) as closes
    from weekly_hours
    cross join calendar
    left join holidays
        on weekly_hours.schedule_key = holidays.schedule_key
            and calendar.day = holidays.day
    where holidays.day is null

),

spans as (

    select
        schedule_key,
        {{ local_instant('day', 'opens', 'time_zone') }} as opens_at,
        {{ local_instant('day', 'closes', 'time_zone') }} as closes_at
    from daily_hours
    where opens < closes

)

select * from spans
where opens_at < closes_at
