with

group_memberships as (

    select * from {{ source('raw', 'zendesk__group_memberships') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as membership_key,
        'zendesk:' || _account || ':' || user_id as user_key,
        'zendesk:' || _account || ':' || group_id as group_key,
        "default" as is_default,
        _deleted_at is not null as is_deleted,
        _deleted_at as found_deleted_at,
        created_at
    from group_memberships

)

select * from renamed
