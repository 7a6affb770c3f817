with

fulfillments as (

    select * from {{ source('raw', 'shopify__orders__fulfillments') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as fulfillment_key,
        'shopify:' || _account || ':' || _parent_key as order_key,
        status,
        status not in ('CANCELLED', 'ERROR', 'FAILURE') as is_shipment,
        "createdAt" as shipped_at,
        "deliveredAt" as delivered_at,
        "estimatedDeliveryAt" as promised_at
    from fulfillments

)

select * from renamed
