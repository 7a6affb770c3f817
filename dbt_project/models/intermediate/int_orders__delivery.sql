with

orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

transactions as (

    select * from {{ ref('stg_shopify__transactions') }}

),

fulfillments as (

    select * from {{ ref('stg_shopify__fulfillments') }}

),

payments as (

    select
        order_key,
        min(processed_at) as paid_at
    from transactions
    where kind in ('SALE', 'CAPTURE') and status = 'SUCCESS'
    group by order_key

),

-- An order is delivered when its last parcel is.
shipments as (

    select
        order_key,
        min(shipped_at) as shipped_at,
        case when count(*) = count(delivered_at) then max(delivered_at) end as delivered_at,
        max(promised_at) as promised_at
    from fulfillments
    where is_shipment
    group by order_key

),

joined as (

    select
        orders.order_key,
        payments.paid_at,
        shipments.shipped_at,
        shipments.delivered_at,
        shipments.promised_at,
        shipments.delivered_at > shipments.promised_at as is_delivered_late,
        {{ days_between('payments.paid_at', 'shipments.shipped_at') }} as processing_days,
        {{ days_between('shipments.shipped_at', 'shipments.delivered_at') }} as transit_days,
        {{ days_between('payments.paid_at', 'shipments.delivered_at') }} as delivery_days
    from orders
    left join payments on orders.order_key = payments.order_key
    left join shipments on orders.order_key = shipments.order_key

)

select * from joined
