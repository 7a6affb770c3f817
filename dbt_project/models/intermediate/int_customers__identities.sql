with

shopify_customers as (

    select * from {{ ref('stg_shopify__customers') }}

),

orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

users as (

    select * from {{ ref('stg_zendesk__users') }}

),

agents as (

    select * from {{ ref('int_users__agents') }}

),

tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

asknicely_responses as (

    select * from {{ ref('stg_asknicely__responses') }}

),

typeform_responses as (

    select * from {{ ref('stg_typeform__responses') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

-- What a source knows a person by. Without an e-mail, a source's own id is a person.
identities as (

    select shopify_customer_key as identity_key, email
    from shopify_customers
    union all
    -- Orders may arrive before their customer does.
    select distinct
        orders.shopify_customer_key as identity_key,
        cast(null as text) as email
    from orders
    left join shopify_customers on orders.shopify_customer_key = shopify_customers.shopify_customer_key
    where orders.shopify_customer_key is not null and shopify_customers.shopify_customer_key is null
    union all
    -- A guest with neither account nor e-mail cannot be recognised again.
    select order_key as identity_key, email
    from orders
    where shopify_customer_key is null
    union all
    select user_key as identity_key, email
    from users
    where user_key not in (select user_key from agents)
    union all
    select distinct
        tickets.requester_key as identity_key,
        cast(null as text) as email
    from tickets
    left join users on tickets.requester_key = users.user_key
    where tickets.requester_key is not null and users.user_key is null
    union all
    select response_key as identity_key, email
    from asknicely_responses
    where email is not null
    union all
    select response_key as identity_key, email
    from typeform_responses
    where email is not null
    union all
    select billing_customer_key as identity_key, max(email) as email
    from subscriptions
    group by billing_customer_key

),

keyed as (

    select
        identity_key,
        email,
        md5(coalesce('email:' || email, 'id:' || identity_key)) as customer_key
    from identities

)

select * from keyed
