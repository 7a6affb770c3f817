with

identities as (

    select * from {{ ref('int_identities__unioned') }}

),

known_references as (

    select * from {{ ref('int_identities__references') }}

),

referrers as (

    select
        identity_key,
        'order' as signal,
        order_key as named_key,
        bearer,
        seen_at
    from identities
    where order_key is not null
    union all
    select
        identity_key,
        'ticket' as signal,
        ticket_key as named_key,
        bearer,
        seen_at
    from identities
    where ticket_key is not null

),

named as (

    select distinct signal, named_key
    from referrers

),

owners as (

    select distinct
        named.signal,
        named.named_key,
        known_references.identity_key
    from named
    inner join known_references
        on named.signal = known_references.signal and named.named_key = known_references.named_key

),

-- Who placed the order or wrote the ticket comes before those who name it.
valued as (

    select
        owners.identity_key,
        owners.signal || '_reference' as rule,
        owners.signal,
        owners.named_key as value,
        '' as second_value,
        identities.bearer,
        0 as place,
        identities.seen_at
    from owners
    inner join identities on owners.identity_key = identities.identity_key
    union all
    select
        identity_key,
        signal || '_reference' as rule,
        signal,
        named_key as value,
        '' as second_value,
        bearer,
        1 as place,
        seen_at
    from referrers

)

select * from valued
