with

tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

comments as (

    select * from {{ ref('stg_zendesk__ticket_comments') }}

),

agents as (

    select * from {{ ref('int_users__agents') }}

),

ordered_comments as (

    select
        comments.ticket_key,
        comments.created_at,
        comments.is_public,
        agents.user_key is not null as is_by_agent,
        submitters.user_key is not null as is_submitted_by_agent,
        comments.created_at < tickets.created_at as is_before_creation,
        row_number() over (
            partition by comments.ticket_key
            order by comments.created_at, comments.event_id, comments.position_in_event
        ) as comment_number
    from comments
    inner join tickets on comments.ticket_key = tickets.ticket_key
    left join agents on comments.author_key = agents.user_key
    left join agents as submitters on tickets.submitter_key = submitters.user_key

),

-- A comment with which an agent opened the ticket is not a reply, nor is one dated before the ticket.
agent_replies as (

    select
        ticket_key,
        created_at
    from ordered_comments
    where is_public
        and is_by_agent
        and not is_before_creation
        and not (comment_number = 1 and is_submitted_by_agent)

),

first_replies as (

    select
        ticket_key,
        min(created_at) as first_reply_at,
        count(*) as public_agent_replies
    from agent_replies
    group by ticket_key

)

select * from first_replies
