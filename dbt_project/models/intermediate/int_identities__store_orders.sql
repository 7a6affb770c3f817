with

shopify_orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

woocommerce_orders as (

    select * from {{ ref('stg_woocommerce__orders') }}

),

unioned as (

    select
        order_key,
        'shopify' as source,
        shopify_customer_key as account_key,
        email,
        cast(null as text) as name,
        cast(null as text) as phone,
        country,
        ordered_at
    from shopify_orders
    union all
    -- A basket at the checkout is no order yet.
    select
        order_key,
        'woocommerce' as source,
        woocommerce_customer_key as account_key,
        email,
        name,
        phone,
        country,
        ordered_at
    from woocommerce_orders
    where status is null or status not in ('auto-draft', 'checkout-draft', 'draft')

),

-- A guest's order is an identity of its own.
final as (

    select
        *,
        coalesce(account_key, order_key) as identity_key
    from unioned

)

select * from final
