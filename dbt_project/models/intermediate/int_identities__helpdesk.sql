with

zendesk_users as (

    select * from {{ ref('stg_zendesk__users') }}

),

freshdesk_contacts as (

    select * from {{ ref('stg_freshdesk__contacts') }}

),

gorgias_customers as (

    select * from {{ ref('stg_gorgias__customers') }}

),

tickets as (

    select * from {{ ref('int_identities__tickets') }}

),

agents as (

    select * from {{ ref('int_users__agents') }}

),

people as (

    select
        user_key as identity_key,
        'zendesk' as source,
        external_id,
        email,
        name,
        phone,
        created_at as seen_at
    from zendesk_users
    union all
    select
        contact_key as identity_key,
        'freshdesk' as source,
        external_id,
        email,
        name,
        phone,
        created_at as seen_at
    from freshdesk_contacts
    union all
    select
        customer_key as identity_key,
        'gorgias' as source,
        external_id,
        email,
        name,
        cast(null as text) as phone,
        created_at as seen_at
    from gorgias_customers

),

requesters as (

    select
        identity_key,
        min(source) as source,
        max(email) as email,
        min(created_at) as first_created_at
    from tickets
    where identity_key is not null
    group by identity_key

),

-- Tickets may arrive before the person who wrote them does.
with_requesters as (

    select
        coalesce(people.identity_key, requesters.identity_key) as identity_key,
        coalesce(people.source, requesters.source) as source,
        people.external_id,
        coalesce(people.email, requesters.email) as email,
        people.name,
        people.phone,
        coalesce(people.seen_at, requesters.first_created_at) as seen_at
    from people
    full outer join requesters on people.identity_key = requesters.identity_key

),

-- Agents are no customers. Gorgias lists its staff apart, under numbers of their own.
customers as (

    select
        with_requesters.identity_key,
        with_requesters.source,
        'helpdesk' as origin,
        {{ store_person_id('with_requesters.external_id') }} as person_id,
        with_requesters.email,
        with_requesters.name,
        with_requesters.phone,
        cast(null as text) as country,
        with_requesters.seen_at
    from with_requesters
    left join agents on with_requesters.identity_key = agents.user_key and with_requesters.source <> 'gorgias'
    where agents.user_key is null

)

select * from customers
