with

status_changes as (

    select * from {{ ref('int_tickets__status_changes') }}

),

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

dated_changes as (

    select
        tickets.source,
        tickets.channel,
        {{ business_date('status_changes.changed_at') }} as business_date,
        status_changes.status,
        status_changes.previous_status
    from status_changes
    inner join tickets on status_changes.ticket_key = tickets.ticket_key
    where tickets.exclusion_reason is null

),

-- A ticket enters one status and leaves another; the running sum of both is the backlog at the end of the day.
entries_and_exits as (

    select source, channel, business_date, status, 1 as change
    from dated_changes
    union all
    select source, channel, business_date, previous_status as status, -1 as change
    from dated_changes
    where previous_status is not null

),

daily as (

    select
        source,
        channel,
        business_date,
        coalesce(sum(change) filter (where status = 'new'), 0) as new_change,
        coalesce(sum(change) filter (where status = 'open'), 0) as open_change,
        coalesce(sum(change) filter (where status = 'pending'), 0) as pending_change,
        coalesce(sum(change) filter (where status = 'hold'), 0) as hold_change
    from entries_and_exits
    group by source, channel, business_date

)

select * from daily
