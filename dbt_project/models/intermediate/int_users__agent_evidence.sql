with

zendesk_users as (

    select * from {{ ref('stg_zendesk__users') }}

),

zendesk_tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

zendesk_comments as (

    select * from {{ ref('stg_zendesk__ticket_comments') }}

),

zendesk_assignments as (

    select * from {{ ref('stg_zendesk__ticket_assignments') }}

),

zendesk_ratings as (

    select * from {{ ref('stg_zendesk__satisfaction_ratings') }}

),

freshdesk_agents as (

    select * from {{ ref('stg_freshdesk__agents') }}

),

freshdesk_tickets as (

    select * from {{ ref('stg_freshdesk__tickets') }}

),

freshdesk_conversations as (

    select * from {{ ref('stg_freshdesk__conversations') }}

),

freshdesk_ratings as (

    select * from {{ ref('stg_freshdesk__satisfaction_ratings') }}

),

gorgias_users as (

    select * from {{ ref('stg_gorgias__users') }}

),

gorgias_tickets as (

    select * from {{ ref('stg_gorgias__tickets') }}

),

gorgias_messages as (

    select * from {{ ref('stg_gorgias__messages') }}

),

-- A helpdesk turns agents who leave into end users, or lists them no more; what only an agent can have or do gives
-- them away.
evidence as (

    select 'zendesk' as source, user_key
    from zendesk_users
    where is_agent
    union
    select 'zendesk' as source, assignee_key as user_key
    from zendesk_tickets
    union
    select 'zendesk' as source, author_key as user_key
    from zendesk_comments
    where not is_public
    union
    select 'zendesk' as source, assignee_key as user_key
    from zendesk_assignments
    union
    select 'zendesk' as source, assignee_key as user_key
    from zendesk_ratings
    union
    select 'freshdesk' as source, agent_key as user_key
    from freshdesk_agents
    union
    select 'freshdesk' as source, assignee_key as user_key
    from freshdesk_tickets
    union
    select 'freshdesk' as source, author_key as user_key
    from freshdesk_conversations
    where not is_incoming
    union
    select 'freshdesk' as source, assignee_key as user_key
    from freshdesk_ratings
    union
    select 'gorgias' as source, user_key
    from gorgias_users
    union
    select 'gorgias' as source, assignee_key as user_key
    from gorgias_tickets
    union
    select 'gorgias' as source, sender_key as user_key
    from gorgias_messages
    where is_from_agent and not is_automatic

),

final as (

    select source, user_key
    from evidence
    where user_key is not null

)

select * from final
