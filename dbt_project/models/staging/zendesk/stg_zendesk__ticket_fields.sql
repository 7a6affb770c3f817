with

ticket_fields as (

    select * from {{ source('raw', 'zendesk__ticket_fields') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as field_key,
        type as field_type,
        title,
        active as is_active,
        _deleted_at is not null as is_deleted,
        created_at,
        updated_at
    from ticket_fields

)

select * from renamed
