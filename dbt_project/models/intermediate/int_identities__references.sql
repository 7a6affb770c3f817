with

order_references as (

    select * from {{ ref('int_orders__references') }}

),

orders as (

    select * from {{ ref('int_orders__unioned') }}

),

tickets as (

    select * from {{ ref('int_identities__tickets') }}

),

-- A number that several tickets bear proves none of them.
ticket_references as (

    select
        ticket_id as reference,
        min(ticket_key) as ticket_key,
        min(identity_key) as identity_key
    from tickets
    group by ticket_id
    having count(*) = 1

),

unioned as (

    select
        'order' as signal,
        order_references.reference,
        order_references.order_key as named_key,
        orders.identity_key
    from order_references
    inner join orders on order_references.order_key = orders.order_key
    union all
    select
        'ticket' as signal,
        reference,
        ticket_key as named_key,
        identity_key
    from ticket_references
    where identity_key is not null

)

select * from unioned
