with

hours as (

    select * from {{ ref('int_schedules__hours') }}

),

spans as (

    select * from {{ ref('int_schedules__spans') }}

),

calendar as (

    select * from {{ ref('int_schedules__days') }}

),

-- Hours may overlap: the number of spans that are open tells. Midnights in UTC cut the segments to days, by which
-- instants find them.
changes as (

    select schedule_key, opens_at as changed_at, 1 as change
    from spans
    union all
    select schedule_key, closes_at as changed_at, -1 as change
    from spans
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
