with

freshdesk_tickets as (

    select * from {{ ref('stg_freshdesk__tickets') }}

),

-- Freshdesk tells of the latest reopening, solution and change of status only. What was opened again had been solved
-- before; where the helpdesk has forgotten when, it counts as solved in that instant, by inference.
changes as (

    select
        ticket_key,
        'solved' as status,
        least(resolved_at, reopened_at) as changed_at,
        2 as event_id,
        0 as position_in_event,
        resolved_at is null or resolved_at > reopened_at as is_inferred,
        false as is_assumed
    from freshdesk_tickets
    where reopened_at is not null
    union all
    select
        ticket_key,
        'open' as status,
        reopened_at as changed_at,
        3 as event_id,
        0 as position_in_event,
        false as is_inferred,
        false as is_assumed
    from freshdesk_tickets
    where reopened_at is not null
    union all
    select
        ticket_key,
        case status when 'custom' then 'hold' else status end as status,
        status_updated_at as changed_at,
        4 as event_id,
        0 as position_in_event,
        false as is_inferred,
        false as is_assumed
    from freshdesk_tickets
    where status in ('pending', 'custom') and status_updated_at is not null
    union all
    select
        ticket_key,
        status,
        closed_at as changed_at,
        5 as event_id,
        0 as position_in_event,
        false as is_inferred,
        false as is_assumed
    from freshdesk_tickets
    where status = 'closed' and closed_at is not null

)

select * from changes
