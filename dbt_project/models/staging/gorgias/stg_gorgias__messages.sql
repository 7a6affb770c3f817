with

messages as (

    select * from {{ source('raw', 'gorgias__messages') }}

),

renamed as (

    select
        'gorgias:' || _account || ':' || id as message_key,
        'gorgias:' || _account || ':' || ticket_id as ticket_key,
        'gorgias:' || _account || ':' || sender__id as sender_key,
        channel,
        coalesce(stripped_text, body_text) as body,
        coalesce(from_agent, false) as is_from_agent,
        coalesce(public, true) as is_public,
        -- A message that failed never reached the customer.
        failed_datetime is not null as is_failed,
        -- Sent by a rule, not by a person.
        rule_id is not null as is_automatic,
        _deleted_at is not null as is_deleted,
        sent_datetime as sent_at,
        created_datetime as created_at
    from messages

)

select * from renamed
