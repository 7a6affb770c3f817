with

tickets as (

    select * from {{ ref('int_tickets__unioned') }}

),

agents as (

    select * from {{ ref('int_users__agents') }}

),

zendesk_comments as (

    select * from {{ ref('stg_zendesk__ticket_comments') }}

),

freshdesk_conversations as (

    select * from {{ ref('stg_freshdesk__conversations') }}

),

gorgias_messages as (

    select * from {{ ref('stg_gorgias__messages') }}

),

-- A message that failed reached nobody, and one that a rule sent is by no agent.
unioned as (

    select
        zendesk_comments.comment_key,
        zendesk_comments.ticket_key,
        zendesk_comments.author_key,
        agents.user_key is not null as is_by_agent,
        zendesk_comments.is_public,
        true as is_opening_told,
        zendesk_comments.event_id,
        zendesk_comments.position_in_event,
        zendesk_comments.created_at
    from zendesk_comments
    left join agents on zendesk_comments.author_key = agents.user_key
    union all
    -- What opened the ticket is its description here, and no comment.
    select
        freshdesk_conversations.conversation_key as comment_key,
        freshdesk_conversations.ticket_key,
        freshdesk_conversations.author_key,
        agents.user_key is not null or not freshdesk_conversations.is_incoming as is_by_agent,
        freshdesk_conversations.is_public,
        false as is_opening_told,
        cast(null as bigint) as event_id,
        cast(null as integer) as position_in_event,
        freshdesk_conversations.created_at
    from freshdesk_conversations
    left join agents on freshdesk_conversations.author_key = agents.user_key
    where not freshdesk_conversations.is_deleted
    union all
    select
        message_key as comment_key,
        ticket_key,
        sender_key as author_key,
        is_from_agent and not is_automatic as is_by_agent,
        is_public,
        true as is_opening_told,
        cast(null as bigint) as event_id,
        cast(null as integer) as position_in_event,
        created_at
    from gorgias_messages
    where not is_failed and not is_deleted

),

-- The people of a ticket are the requester and those who answer; an agent who asks is a requester.
final as (

    select
        unioned.comment_key,
        unioned.ticket_key,
        tickets.source,
        unioned.author_key,
        unioned.is_by_agent and coalesce(unioned.author_key <> tickets.identity_key, true) as is_by_agent,
        unioned.is_public,
        unioned.created_at < tickets.created_at as is_before_creation,
        unioned.is_opening_told and row_number() over (
            partition by unioned.ticket_key
            order by unioned.created_at, unioned.event_id, unioned.position_in_event, unioned.comment_key
        ) = 1 as is_first,
        tickets.is_opened_by_agent,
        unioned.event_id,
        unioned.position_in_event,
        unioned.created_at
    from unioned
    inner join tickets on unioned.ticket_key = tickets.ticket_key

)

select * from final
