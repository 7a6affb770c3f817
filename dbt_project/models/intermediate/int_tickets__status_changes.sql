with

tickets as (

    select * from {{ ref('int_tickets__unioned') }}

),

status_changes as (

    select * from {{ ref('stg_zendesk__ticket_status_changes') }}

),

freshdesk_changes as (

    select * from {{ ref('int_tickets__freshdesk_changes') }}

),

first_changes as (

    select
        ticket_key,
        min(created_at) as first_changed_at
    from status_changes
    group by ticket_key

),

-- Where the events do not tell how a ticket began, it began as new; where there are none at all, its present
-- status and the helpdesk's solve time are all that is known.
beginnings as (

    select
        tickets.ticket_key,
        case
            when first_changes.ticket_key is not null then 'new'
            when tickets.status in ('new', 'deleted') then tickets.status
            when tickets.source = 'zendesk' and tickets.status in ('open', 'pending', 'hold') then tickets.status
            else 'open'
        end as status,
        tickets.created_at as changed_at,
        0 as event_id,
        0 as position_in_event,
        false as is_inferred,
        true as is_assumed
    from tickets
    left join first_changes on tickets.ticket_key = first_changes.ticket_key
    where first_changes.ticket_key is null or first_changes.first_changed_at > tickets.created_at

),

solutions as (

    select
        tickets.ticket_key,
        'solved' as status,
        tickets.solved_at as changed_at,
        1 as event_id,
        0 as position_in_event,
        false as is_inferred,
        true as is_assumed
    from tickets
    left join first_changes on tickets.ticket_key = first_changes.ticket_key
    where first_changes.ticket_key is null and tickets.solved_at is not null

),

unioned as (

    select
        ticket_key,
        status,
        created_at as changed_at,
        event_id,
        position_in_event,
        false as is_inferred,
        false as is_assumed
    from status_changes
    union all
    select * from beginnings
    union all
    select * from solutions
    union all
    select * from freshdesk_changes

),

with_previous as (

    select
        *,
        lag(status) over (
            partition by ticket_key order by changed_at, event_id, position_in_event
        ) as previous_status
    from unioned

),

changes as (

    select
        ticket_key,
        row_number() over in_order as change_number,
        status,
        previous_status,
        changed_at,
        lead(changed_at) over in_order as until_at,
        is_inferred,
        is_assumed
    from with_previous
    where previous_status is null or previous_status <> status
    window in_order as (partition by ticket_key order by changed_at, event_id, position_in_event)

)

select * from changes
