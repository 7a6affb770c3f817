with

shopify_customers as (

    select * from {{ ref('stg_shopify__customers') }}

),

woocommerce_customers as (

    select * from {{ ref('stg_woocommerce__customers') }}

),

unioned_orders as (

    select * from {{ ref('int_orders__unioned') }}

),

-- Who tried the shop, or whose order the shop removed, is no customer by that.
orders as (

    select *
    from unioned_orders
    where exclusion_reason is null

),

-- Rule `staff_account`: who works at the shop is no customer by that.
accounts as (

    select
        shopify_customer_key as identity_key,
        'shopify' as source,
        {{ store_person_id("regexp_replace(shopify_customer_key, '^.*[:/]', '')") }} as person_id,
        email,
        name,
        phone,
        country,
        created_at as seen_at
    from shopify_customers
    union all
    select
        woocommerce_customer_key as identity_key,
        'woocommerce' as source,
        cast(null as text) as person_id,
        email,
        name,
        phone,
        country,
        created_at as seen_at
    from woocommerce_customers
    where role is null or role not in ('administrator', 'shop_manager', 'editor', 'author', 'contributor')

),

-- An account that says no country is where its latest order went.
destinations as (

    select
        account_key,
        min(source) as source,
        min(ordered_at) as first_ordered_at,
        (
            array_agg(country order by ordered_at desc, order_key asc) filter (where country is not null)
        )[1] as country
    from orders
    where account_key is not null
    group by account_key

),

-- Orders may arrive before the account that placed them does.
with_destinations as (

    select
        coalesce(accounts.identity_key, destinations.account_key) as identity_key,
        coalesce(accounts.source, destinations.source) as source,
        'store_account' as origin,
        accounts.person_id,
        accounts.email,
        accounts.name,
        accounts.phone,
        coalesce(accounts.country, destinations.country) as country,
        coalesce(accounts.seen_at, destinations.first_ordered_at) as seen_at
    from accounts
    full outer join destinations on accounts.identity_key = destinations.account_key

),

-- A guest with neither account nor e-mail cannot be recognised again.
guests as (

    select
        order_key as identity_key,
        source,
        'store_order' as origin,
        cast(null as text) as person_id,
        email,
        name,
        phone,
        country,
        ordered_at as seen_at
    from orders
    where account_key is null

),

unioned as (

    select * from with_destinations
    union all
    select * from guests

)

select * from unioned
