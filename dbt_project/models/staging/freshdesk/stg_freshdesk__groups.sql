with

groups as (

    select * from {{ source('raw', 'freshdesk__groups') }}

),

renamed as (

    select
        'freshdesk:' || _account || ':' || id as group_key,
        name,
        _deleted_at is not null as is_deleted,
        created_at
    from groups

)

select * from renamed
