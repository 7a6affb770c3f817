with

tickets_custom_fields as (

    select * from {{ source('raw', 'zendesk__tickets__custom_fields') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || _parent_key || ':' || _position as custom_field_key,
        'zendesk:' || _account || ':' || _parent_key as ticket_key,
        'zendesk:' || _account || ':' || id as field_key,
        -- JSON: fields hold text, numbers, lists and truth values.
        value as value_json
    from tickets_custom_fields

)

select * from renamed
