with

comments as (

    select * from {{ ref('int_tickets__comments') }}

),

-- A comment with which an agent opened the ticket is not a reply, nor is one dated before the ticket.
agent_replies as (

    select
        ticket_key,
        author_key,
        created_at,
        row_number() over (
            partition by ticket_key order by created_at, event_id, position_in_event, comment_key
        ) as reply_number
    from comments
    where is_public
        and is_by_agent
        and not is_before_creation
        and not (is_first and is_opened_by_agent)

),

first_replies as (

    select
        ticket_key,
        min(created_at) as first_reply_at,
        min(author_key) filter (where reply_number = 1) as first_reply_agent_key,
        count(*) as public_agent_replies
    from agent_replies
    group by ticket_key

)

select * from first_replies
