with

backlog_changes as (

    select * from {{ ref('int_tickets__daily_backlog') }}

),

segmented as (

    select
        segment.segment_name,
        segment.segment_value,
        daily.business_date,
        sum(
            daily.new_change + daily.open_change
            + daily.pending_change + daily.hold_change
        ) as change
    from backlog_changes as daily
    cross join lateral ({{ segments('daily', ['source', 'channel']) }}) as segment (segment_name, segment_value)
    group by segment.segment_name, segment.segment_value, daily.business_date

),

first_days as (

    select
        segment_name,
        segment_value,
        min(business_date) as first_day
    from segmented
    group by segment_name, segment_value

),

dense as (

    select segment_name, segment_value, business_date, change
    from segmented
    union all
    select first_days.segment_name, first_days.segment_value, calendar.day as business_date, 0 as change
    from first_days
    cross join lateral ({{ days('first_days.first_day', as_of_date()) }}) as calendar

),

dated as (

    select
        segment_name,
        segment_value,
        business_date as day,
        sum(change) as change
    from dense
    group by segment_name, segment_value, business_date

),

daily as (

    select
        segment_name,
        segment_value,
        day,
        cast(date_trunc('week', cast(day as timestamp)) as date) as week,
        cast(date_trunc('month', cast(day as timestamp)) as date) as month,
        min(day) over (partition by segment_name, segment_value) as first_day,
        sum(change) over (partition by segment_name, segment_value order by day) as unsolved
    from dated

),

-- The backlog of a period is the one at its end, or now while it lasts.
unioned as (

    select
        'day' as grain, segment_name, segment_value, unsolved, day,
        day as period_start,
        day + 1 as period_end
    from daily
    union all
    select
        'week' as grain, segment_name, segment_value, unsolved, day,
        week as period_start,
        week + 7 as period_end
    from daily
    where day = week + 6 or day = {{ as_of_date() }}
    union all
    select
        'month' as grain, segment_name, segment_value, unsolved, day,
        month as period_start,
        cast(month + interval '1 month' as date) as period_end
    from daily
    where day + 1 = cast(month + interval '1 month' as date) or day = {{ as_of_date() }}
    union all
    select
        'all_time' as grain, segment_name, segment_value, unsolved, day,
        first_day as period_start,
        {{ as_of_date() }} + 1 as period_end
    from daily
    where day = {{ as_of_date() }}

),

final as (

    select
        'backlog_unsolved' as metric_variant,
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        unsolved as n,
        unsolved as total,
        0 as unfinished
    from unioned

)

select * from final
