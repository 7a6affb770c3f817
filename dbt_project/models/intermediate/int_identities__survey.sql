with

responses as (

    select * from {{ ref('int_identities__survey_responses') }}

),

known_references as (

    select * from {{ ref('int_identities__references') }}

),

referenced as (

    select
        responses.*,
        orders.named_key as order_key,
        tickets.named_key as ticket_key
    from responses
    left join known_references as orders
        on responses.order_reference = orders.reference and orders.signal = 'order'
    left join known_references as tickets
        on responses.ticket_reference = tickets.reference and tickets.signal = 'ticket'

),

-- Rule `anonymous_response`: an answer that says nothing of who gave it is nobody's.
identified as (

    select
        response_key as identity_key,
        source,
        'survey' as origin,
        person_id,
        email,
        name,
        phone,
        cast(null as text) as country,
        order_key,
        ticket_key,
        seen_at
    from referenced
    where num_nonnulls(person_id, email, phone, order_key, ticket_key) > 0

)

select * from identified
