with

tickets as (

    select * from {{ ref('int_tickets__unioned') }}

),

status_changes as (

    select * from {{ ref('int_tickets__status_changes') }}

),

segments as (

    select * from {{ ref('int_schedules__segments') }}

),

clocked as (

    select
        status_changes.ticket_key,
        status_changes.change_number,
        status_changes.status,
        status_changes.changed_at,
        status_changes.until_at,
        {{ business_clock('segments', 'status_changes.changed_at') }} as business_clock
    from status_changes
    inner join tickets on status_changes.ticket_key = tickets.ticket_key
    inner join segments on {{ holds_instant('segments', 'tickets.schedule_key', 'status_changes.changed_at') }}

),

stays as (

    select
        ticket_key,
        status,
        {{ minutes_between('changed_at', 'until_at') }} as minutes,
        lead(business_clock) over (partition by ticket_key order by change_number)
        - business_clock as business_minutes
    from clocked

),

-- The requester waits while the ticket is with the helpdesk, the agent while an answer is expected of the requester.
waits as (

    select
        ticket_key,
        sum(minutes) filter (where status in ('new', 'open', 'hold')) as requester_wait_minutes,
        sum(business_minutes) filter (where status in ('new', 'open', 'hold')) as requester_wait_business_minutes,
        sum(minutes) filter (where status = 'pending') as agent_wait_minutes,
        sum(business_minutes) filter (where status = 'pending') as agent_wait_business_minutes,
        sum(minutes) filter (where status = 'hold') as on_hold_minutes,
        sum(business_minutes) filter (where status = 'hold') as on_hold_business_minutes
    from stays
    group by ticket_key

)

select * from waits
