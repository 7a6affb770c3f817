with

deleted_tickets as (

    select * from {{ source('raw', 'zendesk__deleted_tickets') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as ticket_key,
        'zendesk:' || _account || ':' || actor__id as deleted_by_key,
        previous_state as previous_status,
        deleted_at
    from deleted_tickets

)

select * from renamed
