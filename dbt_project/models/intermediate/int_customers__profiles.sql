with

identities as (

    select * from {{ ref('int_customers__identities') }}

),

shopify_customers as (

    select * from {{ ref('stg_shopify__customers') }}

),

users as (

    select * from {{ ref('stg_zendesk__users') }}

),

asknicely_responses as (

    select * from {{ ref('stg_asknicely__responses') }}

),

orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

-- What each source says of a person, the store before the helpdesk before a survey, newest before older.
facts as (

    select
        shopify_customer_key as identity_key,
        1 as preference,
        name,
        phone,
        country,
        created_at as seen_at
    from shopify_customers
    union all
    select
        coalesce(shopify_customer_key, order_key) as identity_key,
        2 as preference,
        cast(null as text) as name,
        cast(null as text) as phone,
        country,
        ordered_at as seen_at
    from orders
    union all
    select
        user_key as identity_key,
        3 as preference,
        name,
        phone,
        cast(null as text) as country,
        created_at as seen_at
    from users
    union all
    select
        response_key as identity_key,
        4 as preference,
        name,
        cast(null as text) as phone,
        cast(null as text) as country,
        coalesce(sent_at, responded_at) as seen_at
    from asknicely_responses

),

keyed as (

    select
        identities.customer_key,
        identities.identity_key,
        identities.email,
        facts.preference,
        nullif(trim(facts.name), '') as name,
        nullif(trim(facts.phone), '') as phone,
        nullif(trim(facts.country), '') as country,
        facts.seen_at
    from identities
    left join facts on identities.identity_key = facts.identity_key

),

profiles as (

    select
        customer_key,
        max(email) as email,
        (
            array_agg(name order by preference asc, seen_at desc, identity_key asc) filter (where name is not null)
        )[1] as name,
        (
            array_agg(phone order by preference asc, seen_at desc, identity_key asc) filter (where phone is not null)
        )[1] as phone,
        (
            array_agg(country order by preference asc, seen_at desc, identity_key asc)
            filter (where country is not null)
        )[1] as country,
        min(seen_at) as first_seen_at
    from keyed
    group by customer_key

)

select * from profiles
