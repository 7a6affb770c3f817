with

store as (

    select * from {{ ref('int_identities__store') }}

),

helpdesk as (

    select * from {{ ref('int_identities__helpdesk') }}

),

survey as (

    select * from {{ ref('int_identities__survey') }}

),

delivery as (

    select * from {{ ref('int_identities__delivery') }}

),

billing as (

    select * from {{ ref('int_identities__billing') }}

),

-- What these say of a person names neither an order nor a ticket.
without_references as (

    select * from store
    union all
    select * from helpdesk
    union all
    select * from billing

),

unioned as (

    select
        identity_key, source, origin, person_id, email, name, phone, country,
        cast(null as text) as order_key,
        cast(null as text) as ticket_key,
        seen_at
    from without_references
    union all
    select * from survey
    union all
    select * from delivery

),

-- Worked out here once: what a later step writes twice would be worked out twice.
compared as (

    select
        identity_key,
        source,
        origin,
        person_id,
        email,
        nullif(trim(name), '') as name,
        {{ normal_name('name') }} as normal_name,
        nullif(trim(phone), '') as phone,
        {{ dialled_phone('phone') }} as dialled_phone,
        nullif(trim(country), '') as country,
        order_key,
        ticket_key,
        seen_at
    from unioned

)

select * from compared
