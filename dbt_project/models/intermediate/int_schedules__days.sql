with

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

)

select * from calendar
