with

groups as (

    select * from {{ source('raw', 'zendesk__groups') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as group_key,
        name,
        "default" as is_default,
        _deleted_at is not null as is_deleted,
        created_at,
        updated_at
    from groups

)

select * from renamed
