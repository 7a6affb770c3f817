with

zendesk_tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

zendesk_agents as (

    select * from {{ ref('int_users__agents') }}

),

freshdesk_tickets as (

    select * from {{ ref('stg_freshdesk__tickets') }}

),

freshdesk_agents as (

    select * from {{ ref('stg_freshdesk__agents') }}

),

gorgias_tickets as (

    select * from {{ ref('stg_gorgias__tickets') }}

),

-- Agents are no customers, whoever asks in their name.
unioned as (

    select
        zendesk_tickets.ticket_key,
        zendesk_tickets.ticket_id,
        'zendesk' as source,
        case when zendesk_agents.user_key is null then zendesk_tickets.requester_key end as identity_key,
        cast(null as text) as email,
        zendesk_tickets.created_at
    from zendesk_tickets
    left join zendesk_agents on zendesk_tickets.requester_key = zendesk_agents.user_key
    union all
    select
        freshdesk_tickets.ticket_key,
        freshdesk_tickets.ticket_id,
        'freshdesk' as source,
        case when freshdesk_agents.agent_key is null then freshdesk_tickets.requester_key end as identity_key,
        freshdesk_tickets.requester_email as email,
        freshdesk_tickets.created_at
    from freshdesk_tickets
    left join freshdesk_agents on freshdesk_tickets.requester_key = freshdesk_agents.agent_key
    union all
    select
        ticket_key,
        ticket_id,
        'gorgias' as source,
        customer_key as identity_key,
        customer_email as email,
        created_at
    from gorgias_tickets

)

select * from unioned
