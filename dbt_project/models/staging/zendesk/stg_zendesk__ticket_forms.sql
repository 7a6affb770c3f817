with

ticket_forms as (

    select * from {{ source('raw', 'zendesk__ticket_forms') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as form_key,
        name,
        active as is_active,
        "default" as is_default,
        _deleted_at is not null as is_deleted,
        created_at,
        updated_at
    from ticket_forms

)

select * from renamed
