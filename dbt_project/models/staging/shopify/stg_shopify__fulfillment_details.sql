with

fulfillments as (

    select * from {{ source('raw', 'shopify__fulfillments') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as fulfillment_key,
        'shopify:' || _account || ':' || "order__id" as order_key,
        name as fulfillment_name,
        status,
        "displayStatus" as display_status,
        "totalQuantity" as quantity,
        "createdAt" as shipped_at,
        "inTransitAt" as in_transit_at,
        "deliveredAt" as delivered_at,
        "estimatedDeliveryAt" as promised_at,
        "updatedAt" as updated_at
    from fulfillments
    where _deleted_at is null

)

select * from renamed
