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
        count(*) filter (
            where previous_status = 'solved' and status in ('new', 'open', 'pending', 'hold')
        ) as reopens
    from status_changes
    group by ticket_key

),

-- Gorgias forgets that a ticket was closed before: unknown, not never.
final as (

    select
        transitions.ticket_key,
        transitions.reopens
    from transitions
    inner join tickets on transitions.ticket_key = tickets.ticket_key
    where tickets.source <> 'gorgias'

)

select * from final
