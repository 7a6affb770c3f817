with

memberships as (

    select * from {{ ref('stg_zendesk__group_memberships') }}

),

zendesk_groups as (

    select * from {{ ref('stg_zendesk__groups') }}

),

user_roles as (

    select * from {{ ref('stg_zendesk__user_roles') }}

),

freshdesk_agents as (

    select * from {{ ref('stg_freshdesk__agents') }}

),

freshdesk_groups as (

    select * from {{ ref('stg_freshdesk__groups') }}

),

-- The team of agents who have left is the one they were last seen in.
zendesk_teams as (

    select
        user_key,
        group_key,
        1 as preference,
        created_at as since
    from memberships
    where is_default and not is_deleted
    union all
    select
        user_key,
        group_key,
        2 as preference,
        updated_at as since
    from user_roles
    where group_key is not null

),

ranked as (

    select
        user_key,
        group_key,
        row_number() over (partition by user_key order by preference asc, since desc, group_key asc) as recency
    from zendesk_teams

),

named as (

    select ranked.user_key, zendesk_groups.name as team
    from ranked
    inner join zendesk_groups on ranked.group_key = zendesk_groups.group_key
    where ranked.recency = 1
    union all
    select freshdesk_agents.agent_key as user_key, freshdesk_groups.name as team
    from freshdesk_agents
    inner join freshdesk_groups on freshdesk_agents.group_key = freshdesk_groups.group_key

)

select * from named
