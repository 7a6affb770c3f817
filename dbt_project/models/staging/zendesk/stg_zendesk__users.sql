with

users as (

    select * from {{ source('raw', 'zendesk__users') }}

),

-- Staff who leave become end users: whoever was seen as staff once stays one here.
staff as (

    select distinct user_key from {{ ref('stg_zendesk__user_roles') }}

),

joined as (

    select
        'zendesk:' || users._account || ':' || users.id as user_key,
        'zendesk:' || users._account || ':' || users.organization_id as organization_key,
        users.role,
        users.name,
        {{ normal_email('users.email') }} as email,
        users.phone,
        nullif(trim(users.external_id), '') as external_id,
        -- Whether the account is still active does not matter: replies of agents who have left still count.
        users.role in ('agent', 'admin') or staff.user_key is not null as is_agent,
        coalesce(users.suspended, false) as is_suspended,
        users._deleted_at is not null as is_deleted,
        users.created_at
    from users
    left join staff on staff.user_key = 'zendesk:' || users._account || ':' || users.id

)

select * from joined
