{{ config(materialized='ephemeral') }}

with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

order_references as (

    select * from {{ ref('int_orders__references') }}

),

shopify_returns as (

    select * from {{ ref('stg_shopify__returns') }}

),

shiprocket_returns as (

    select * from {{ ref('stg_shiprocket__returns') }}

),

shiprocket_orders as (

    select * from {{ ref('stg_shiprocket__orders') }}

),

non_deliveries as (

    select * from {{ ref('stg_shiprocket__non_deliveries') }}

),

attempts as (

    select * from {{ ref('stg_shiprocket__delivery_attempts') }}

),

refunds as (

    select * from {{ ref('int_orders__refunds') }}

),

-- What happened to an order after it was placed, each by its own key.
happened as (

    select
        'return' as touchpoint,
        'opened' as signal,
        'shopify' as source,
        order_key,
        requested_at as occurred_at,
        return_key as reference_key
    from shopify_returns
    union all
    select
        'return' as touchpoint,
        'opened' as signal,
        'shiprocket' as source,
        order_references.order_key,
        shiprocket_returns.created_at as occurred_at,
        shiprocket_returns.return_key as reference_key
    from shiprocket_returns
    inner join order_references on shiprocket_returns.order_reference = order_references.reference
    union all
    select
        'delivery' as touchpoint,
        'failed_attempt' as signal,
        'shiprocket' as source,
        order_references.order_key,
        attempts.attempted_at as occurred_at,
        attempts.non_delivery_key || ':' || attempts.position_in_non_delivery as reference_key
    from attempts
    inner join non_deliveries on attempts.non_delivery_key = non_deliveries.non_delivery_key
    inner join shiprocket_orders on non_deliveries.order_key = shiprocket_orders.order_key
    inner join order_references on shiprocket_orders.order_reference = order_references.reference
    union all
    select
        'refund' as touchpoint,
        case when amount > 0 then 'goods' else 'beyond_goods' end as signal,
        source,
        order_key,
        refunded_at as occurred_at,
        refund_key as reference_key
    from refunds

),

-- Paying back a cancelled order is part of the cancelling.
contacts as (

    select
        happened.touchpoint,
        happened.signal,
        cast(0 as numeric) as minutes,
        orders.customer_key,
        happened.occurred_at,
        happened.source,
        cast(null as text) as channel,
        happened.reference_key
    from happened
    inner join orders on happened.order_key = orders.order_key
    where happened.occurred_at is not null and not (happened.touchpoint = 'refund' and orders.is_cancelled)

)

select * from contacts
