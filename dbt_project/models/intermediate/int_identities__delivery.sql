with

parcels as (

    select * from {{ ref('stg_shiprocket__orders') }}

),

known_references as (

    select * from {{ ref('int_identities__references') }}

),

-- The carrier collects in India: what it does not send abroad stays there.
recipients as (

    select
        parcels.order_key as identity_key,
        'shiprocket' as source,
        'delivery' as origin,
        cast(null as text) as person_id,
        parcels.email,
        parcels.name,
        parcels.phone,
        case when not parcels.is_international then 'IN' end as country,
        known_references.named_key as order_key,
        cast(null as text) as ticket_key,
        coalesce(parcels.ordered_at, parcels.created_at) as seen_at
    from parcels
    left join known_references
        on parcels.order_reference = known_references.reference and known_references.signal = 'order'

)

select * from recipients
