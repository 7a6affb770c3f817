-- The backlog of the as-of date, unless it is the number of tickets that are in the same status by their own events.
with

backlog as (

    select
        coalesce(sum(backlog_new), 0) as new_tickets,
        coalesce(sum(backlog_open), 0) as open_tickets,
        coalesce(sum(backlog_pending), 0) as pending_tickets,
        coalesce(sum(backlog_hold), 0) as hold_tickets
    from {{ ref('response_time_daily') }}
    where business_date = {{ as_of_date() }}

),

statuses as (

    select
        count(*) filter (where status_changes.status = 'new') as new_tickets,
        count(*) filter (where status_changes.status = 'open') as open_tickets,
        count(*) filter (where status_changes.status = 'pending') as pending_tickets,
        count(*) filter (where status_changes.status = 'hold') as hold_tickets
    from {{ ref('int_tickets__status_changes') }} as status_changes
    inner join {{ ref('fct_tickets') }} as tickets on status_changes.ticket_key = tickets.ticket_key
    where not tickets.is_excluded
        and status_changes.changed_at < {{ local_midnight(as_of_date() ~ ' + 1') }}
        and coalesce(status_changes.until_at >= {{ local_midnight(as_of_date() ~ ' + 1') }}, true)

)

select *
from backlog
cross join statuses
where backlog.new_tickets <> statuses.new_tickets
    or backlog.open_tickets <> statuses.open_tickets
    or backlog.pending_tickets <> statuses.pending_tickets
    or backlog.hold_tickets <> statuses.hold_tickets
