with

evidence as (

    select * from {{ ref('int_users__agent_evidence') }}

),

zendesk_users as (

    select * from {{ ref('stg_zendesk__users') }}

),

freshdesk_agents as (

    select * from {{ ref('stg_freshdesk__agents') }}

),

gorgias_users as (

    select * from {{ ref('stg_gorgias__users') }}

),

teams as (

    select * from {{ ref('int_users__teams') }}

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

)

select * from final
