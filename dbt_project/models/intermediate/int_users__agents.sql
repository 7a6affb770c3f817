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

teams as (

    select * from {{ ref('int_users__teams') }}

),

freshdesk_agents as (

    select * from {{ ref('stg_freshdesk__agents') }}

),

freshdesk_tickets as (

    select * from {{ ref('stg_freshdesk__tickets') }}

),

gorgias_users as (

    select * from {{ ref('stg_gorgias__users') }}

),

gorgias_tickets as (

    select * from {{ ref('stg_gorgias__tickets') }}

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
    select 'freshdesk' as source, agent_key as user_key
    from freshdesk_agents
    union
    select 'freshdesk' as source, assignee_key as user_key
    from freshdesk_tickets
    union
    select 'gorgias' as source, user_key
    from gorgias_users
    union
    select 'gorgias' as source, assignee_key as user_key
    from gorgias_tickets

),

known as (

    select
        user_key,
        name,
        role in ('agent', 'admin') and not is_suspended and not is_deleted as is_active
    from zendesk_users
    union all
    select agent_key as user_key, name, is_active
    from freshdesk_agents
    union all
    select user_key, name, is_active
    from gorgias_users

),

final as (

    select
        evidence.user_key,
        evidence.source,
        known.name,
        teams.team,
        coalesce(known.is_active, false) as is_active
    from evidence
    left join known on evidence.user_key = known.user_key
    left join teams on evidence.user_key = teams.user_key
    where evidence.user_key is not null

)

select * from final
