with

tickets as (

    select * from {{ ref('int_tickets__unioned') }}

),

status_changes as (

    select * from {{ ref('int_tickets__status_changes') }}

),

transitions as (

    select
        ticket_key,
        min(changed_at) filter (where status = 'solved') as first_solved_at,
        max(changed_at) filter (where status = 'solved' and not is_inferred) as last_solved_at,
        min(changed_at) filter (where status = 'closed') as first_closed_at,
        max(changed_at) filter (where status = 'closed') as last_closed_at,
        bool_or(is_inferred) as is_first_forgotten
    from status_changes
    group by ticket_key

),

-- The helpdesk's own solve time wins for the last resolution: it survives events that were never exported.
resolved as (

    select
        tickets.ticket_key,
        tickets.status in ('solved', 'closed') as is_resolved,
        coalesce(transitions.first_solved_at, tickets.solved_at, transitions.first_closed_at) as counted_solved_at,
        case
            when tickets.status in ('solved', 'closed')
                then coalesce(tickets.solved_at, transitions.last_solved_at, transitions.last_closed_at)
        end as last_resolved_at,
        transitions.last_closed_at,
        tickets.solved_at,
        transitions.last_solved_at,
        coalesce(transitions.is_first_forgotten, false) as is_first_forgotten
    from tickets
    left join transitions on tickets.ticket_key = transitions.ticket_key

),

final as (

    select
        ticket_key,
        is_resolved,
        -- The day a ticket counts on as solved; when it first was is unknown where the helpdesk has forgotten it.
        counted_solved_at,
        case when not is_first_forgotten then counted_solved_at end as first_resolved_at,
        last_resolved_at,
        last_closed_at,
        case
            when last_resolved_at is null then null
            when solved_at is not null then 'helpdesk'
            when last_solved_at is not null then 'events'
            else 'closed'
        end as resolution_basis
    from resolved

)

select * from final
