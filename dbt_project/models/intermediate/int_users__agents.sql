with

users as (

    select * from {{ ref('stg_zendesk__users') }}

),

tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

comments as (

    select * from {{ ref('stg_zendesk__ticket_comments') }}

),

-- The helpdesk turns agents who leave into end users; what only an agent can have or do gives them away.
evidence as (

    select user_key from users
    where is_agent
    union
    select assignee_key as user_key from tickets
    where assignee_key is not null
    union
    select author_key as user_key from comments
    where not is_public

),

final as (

    select evidence.user_key
    from evidence
    inner join users on evidence.user_key = users.user_key

)

select * from final
