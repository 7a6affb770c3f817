with

agents as (

    select * from {{ ref('int_users__agents') }}

),

zendesk_tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

zendesk_comments as (

    select * from {{ ref('stg_zendesk__ticket_comments') }}

),

freshdesk_tickets as (

    select * from {{ ref('stg_freshdesk__tickets') }}

),

freshdesk_conversations as (

    select * from {{ ref('stg_freshdesk__conversations') }}

),

gorgias_tickets as (

    select * from {{ ref('stg_gorgias__tickets') }}

),

gorgias_messages as (

    select * from {{ ref('stg_gorgias__messages') }}

),

identities as (

    select * from {{ ref('int_customers__identities') }}

),

-- What a customer saw of an agent: notes, notices of a merge, rules' mails and failed messages are none of it.
unioned as (

    select
        zendesk_comments.comment_key as contact_key,
        zendesk_comments.ticket_key,
        zendesk_tickets.requester_key as identity_key,
        zendesk_comments.created_at as contacted_at
    from zendesk_comments
    inner join zendesk_tickets on zendesk_comments.ticket_key = zendesk_tickets.ticket_key
    inner join agents on zendesk_comments.author_key = agents.user_key
    where zendesk_comments.is_public and not zendesk_comments.is_of_merge and not zendesk_tickets.is_deleted
    union all
    select
        freshdesk_conversations.conversation_key as contact_key,
        freshdesk_conversations.ticket_key,
        freshdesk_tickets.requester_key as identity_key,
        freshdesk_conversations.created_at as contacted_at
    from freshdesk_conversations
    inner join freshdesk_tickets on freshdesk_conversations.ticket_key = freshdesk_tickets.ticket_key
    where
        freshdesk_conversations.is_public
        and not freshdesk_conversations.is_incoming
        and not freshdesk_conversations.is_deleted
        and not freshdesk_tickets.is_deleted
    union all
    -- A mail with which an agent opened a ticket is the ticket itself here.
    select
        ticket_key as contact_key,
        ticket_key,
        requester_key as identity_key,
        created_at as contacted_at
    from freshdesk_tickets
    where channel = 'outbound_email' and not is_deleted
    union all
    select
        gorgias_messages.message_key as contact_key,
        gorgias_messages.ticket_key,
        gorgias_tickets.customer_key as identity_key,
        coalesce(gorgias_messages.sent_at, gorgias_messages.created_at) as contacted_at
    from gorgias_messages
    inner join gorgias_tickets on gorgias_messages.ticket_key = gorgias_tickets.ticket_key
    where
        gorgias_messages.is_public
        and gorgias_messages.is_from_agent
        and not gorgias_messages.is_automatic
        and not gorgias_messages.is_failed
        and not gorgias_messages.is_deleted
        and not gorgias_tickets.is_deleted

),

joined as (

    select
        unioned.contact_key,
        unioned.ticket_key,
        identities.customer_key,
        unioned.contacted_at
    from unioned
    inner join identities on unioned.identity_key = identities.identity_key

)

select * from joined
