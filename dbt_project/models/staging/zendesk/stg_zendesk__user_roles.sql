with

user_roles as (

    select * from {{ source('raw', 'zendesk__user_roles') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id || ':' || role as user_role_key,
        'zendesk:' || _account || ':' || id as user_key,
        role,
        name,
        'zendesk:' || _account || ':' || default_group_id as group_key,
        updated_at
    from user_roles

)

select * from renamed
