with

users as (

    select * from {{ source('raw', 'zendesk__users') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as user_key,
        role,
        name,
        {{ normal_email('email') }} as email,
        phone,
        -- Whether the account is still active does not matter: replies of agents who have left still count.
        role in ('agent', 'admin') as is_agent,
        created_at
    from users

)

select * from renamed
