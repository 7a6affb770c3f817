with

hours as (

    select * from {{ ref('int_schedules__hours') }}

),

holidays as (

    select * from {{ ref('int_schedules__holidays') }}

),

tickets as (

    select * from {{ ref('int_tickets__unioned') }}

),

status_changes as (

    select * from {{ ref('int_tickets__status_changes') }}

),

moments as (

    select
        min(created_at) as first_at,
        max(updated_at) as last_at
    from tickets
    union all
    select
        min(changed_at) as first_at,
        max(changed_at) as last_at
    from status_changes

),

-- Every day by any zone's calendar on which something happened.
calendar as (

    select calendar.day
    from (
        select
            {{ utc_date('min(first_at)') }} - 2 as first_day,
            {{ utc_date('max(last_at)') }} + 2 as last_day
        from moments
    ) as bounds
    cross join lateral ({{ days('bounds.first_day', 'bounds.last_day') }}) as calendar

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

),

-- Hours may overlap: the number of spans that are open tells. Midnights in UTC cut the segments to days, by which
-- instants find them.
changes as (

    select schedule_key, opens_at as changed_at, 1 as change
    from spans
    where opens_at < closes_at
    union all
    select schedule_key, closes_at as changed_at, -1 as change
    from spans
    where opens_at < closes_at
    union all
    select distinct hours.schedule_key, {{ utc_midnight('calendar.day') }} as changed_at, 0 as change
    from hours
    cross join calendar

),

moments_of_change as (

    select
        schedule_key,
        changed_at,
        sum(change) as change
    from changes
    group by schedule_key, changed_at

),

segments as (

    select
        schedule_key,
        changed_at as starts_at,
        lead(changed_at) over so_far as ends_at,
        sum(change) over so_far > 0 as is_open
    from moments_of_change
    window so_far as (partition by schedule_key order by changed_at)

),

final as (

    select
        schedule_key,
        {{ utc_date('starts_at') }} as utc_day,
        starts_at,
        ends_at,
        is_open,
        coalesce(
            sum(case when is_open then {{ seconds_between('starts_at', 'ends_at') }} else 0 end) over (
                partition by schedule_key order by starts_at rows between unbounded preceding and 1 preceding
            ),
            0
        ) as open_seconds_before
    from segments
    where ends_at is not null

)

select * from final
