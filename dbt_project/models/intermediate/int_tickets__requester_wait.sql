with

status_changes as (

    select * from {{ ref('int_tickets__status_changes') }}

),

-- The requester waits while the ticket is with the helpdesk, not while an answer is expected of the requester.
waits as (

    select
        ticket_key,
        cast(sum({{ minutes_between("changed_at", "until_at") }}) as numeric(20, 6)) as requester_wait_minutes
    from status_changes
    where status in ('new', 'open', 'hold')
    group by ticket_key

)

select * from waits
