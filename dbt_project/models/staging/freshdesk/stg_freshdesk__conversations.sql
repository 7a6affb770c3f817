with

conversations as (

    select * from {{ source('raw', 'freshdesk__conversations') }}

),

renamed as (

    select
        'freshdesk:' || _account || ':' || id as conversation_key,
        'freshdesk:' || _account || ':' || ticket_id as ticket_key,
        'freshdesk:' || _account || ':' || user_id as author_key,
        coalesce(incoming, false) as is_incoming,
        not coalesce(private, false) as is_public,
        body_text as body,
        _deleted_at is not null as is_deleted,
        created_at,
        updated_at
    from conversations

)

select * from renamed
