with

shopify_returns as (

    select * from {{ ref('stg_shopify__returns') }}

),

shopify_refunds as (

    select * from {{ ref('stg_shopify__refund_details') }}

),

shopify_refund_lines as (

    select * from {{ ref('stg_shopify__refund_lines') }}

),

shiprocket_returns as (

    select * from {{ ref('stg_shiprocket__returns') }}

),

shiprocket_shipments as (

    select * from {{ ref('int_shipments__shiprocket') }}

),

woocommerce_orders as (

    select * from {{ ref('stg_woocommerce__orders') }}

),

refunds as (

    select * from {{ ref('int_refunds__unioned') }}

),

refunded_returns as (

    select
        return_key,
        min(refunded_at) as refunded_at
    from shopify_refunds
    where return_key is not null
    group by return_key

),

-- Goods that came back without a return having been opened, as shops did before there were returns.
restocked as (

    select distinct shopify_refunds.refund_key, shopify_refunds.order_key, shopify_refunds.refunded_at
    from shopify_refunds
    inner join shopify_refund_lines on shopify_refunds.refund_key = shopify_refund_lines.refund_key
    where shopify_refunds.return_key is null and shopify_refund_lines.restock_type = 'RETURN'

),

-- A declined or cancelled return is none. WooCommerce keeps no returns: a refund after the order was handed over stands
-- for one, and nothing says when it was opened.
unioned as (

    select
        shopify_returns.return_key,
        'shopify' as source,
        shopify_returns.order_key,
        shopify_returns.requested_at as opened_at,
        shopify_returns.requested_at as returned_at,
        refunded_returns.refunded_at
    from shopify_returns
    left join refunded_returns on shopify_returns.return_key = refunded_returns.return_key
    where shopify_returns.status not in ('DECLINED', 'CANCELED')
    union all
    select
        refund_key as return_key,
        'shopify' as source,
        order_key,
        cast(null as timestamptz) as opened_at,
        refunded_at as returned_at,
        refunded_at
    from restocked
    union all
    select
        shiprocket_returns.return_key,
        'shiprocket' as source,
        shiprocket_shipments.order_key,
        shiprocket_returns.created_at as opened_at,
        shiprocket_returns.created_at as returned_at,
        cast(null as timestamptz) as refunded_at
    from shiprocket_returns
    inner join shiprocket_shipments on shiprocket_returns.shipment_key = shiprocket_shipments.shipment_key
    where shiprocket_shipments.order_key is not null and shiprocket_returns.status not like '%CANCEL%'
    union all
    select
        refunds.refund_key as return_key,
        'woocommerce' as source,
        refunds.order_key,
        cast(null as timestamptz) as opened_at,
        refunds.refunded_at as returned_at,
        refunds.refunded_at
    from refunds
    inner join woocommerce_orders on refunds.order_key = woocommerce_orders.order_key
    where woocommerce_orders.completed_at <= refunds.refunded_at

)

select * from unioned
