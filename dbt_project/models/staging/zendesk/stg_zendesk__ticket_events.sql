with

ticket_events as (

    select * from {{ source('raw', 'zendesk__ticket_events') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as event_key,
        'zendesk:' || _account || ':' || ticket_id as ticket_key,
        'zendesk:' || _account || ':' || updater_id as updater_key,
        id as event_id,
        created_at
    from ticket_events
    where _deleted_at is null

)

select * from renamed
