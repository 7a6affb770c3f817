with

shopify_orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

woocommerce_orders as (

    select * from {{ ref('stg_woocommerce__orders') }}

),

-- Rule `test`: placed to try the shop. Rule `deleted`: the shop removed it, or it lies in the trash. Rule `draft`: a
-- basket at the checkout, of which the site already makes an order. None of them is an order to anybody else.
unioned as (

    select
        order_key,
        'shopify' as source,
        order_gid,
        order_id,
        order_name,
        shopify_customer_key as account_key,
        email,
        cast(null as text) as name,
        cast(null as text) as phone,
        currency,
        channel,
        country,
        region,
        subtotal,
        discounts,
        case when is_deleted then 'deleted' when is_test then 'test' end as exclusion_reason,
        is_cancelled,
        ordered_at,
        cast(null as timestamptz) as paid_at,
        cast(null as timestamptz) as completed_at
    from shopify_orders
    union all
    select
        order_key,
        'woocommerce' as source,
        cast(null as text) as order_gid,
        cast(order_id as text) as order_id,
        order_name,
        woocommerce_customer_key as account_key,
        email,
        name,
        phone,
        -- ISO 4217's code for none.
        coalesce(currency, 'XXX') as currency,
        channel,
        country,
        region,
        subtotal,
        discounts,
        case
            when is_deleted then 'deleted'
            when status in ('auto-draft', 'checkout-draft', 'draft') then 'draft'
        end as exclusion_reason,
        is_cancelled,
        ordered_at,
        paid_at,
        completed_at
    from woocommerce_orders

),

-- A guest's order is an identity of its own.
final as (

    select
        *,
        coalesce(account_key, order_key) as identity_key
    from unioned

)

select * from final
