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
        {{ seconds_between('changed_at', 'until_at') }} as seconds,
        lead(business_clock) over (partition by ticket_key order by change_number)
        - business_clock as business_seconds
    from clocked

),

-- The requester waits while the ticket is with the helpdesk, the agent while an answer is expected of the requester.
waits as (

    select
        ticket_key,
        sum(seconds) filter (where status in ('new', 'open', 'hold')) as requester_wait,
        sum(business_seconds) filter (where status in ('new', 'open', 'hold')) as requester_wait_business,
        sum(seconds) filter (where status = 'pending') as agent_wait,
        sum(business_seconds) filter (where status = 'pending') as agent_wait_business,
        sum(seconds) filter (where status = 'hold') as on_hold,
        sum(business_seconds) filter (where status = 'hold') as on_hold_business
    from stays
    group by ticket_key

),

final as (

    select
        ticket_key,
        {{ in_minutes('requester_wait') }} as requester_wait_minutes,
        {{ in_minutes('requester_wait_business') }} as requester_wait_business_minutes,
        {{ in_minutes('agent_wait') }} as agent_wait_minutes,
        {{ in_minutes('agent_wait_business') }} as agent_wait_business_minutes,
        {{ in_minutes('on_hold') }} as on_hold_minutes,
        {{ in_minutes('on_hold_business') }} as on_hold_business_minutes
    from waits

)

select * from final
