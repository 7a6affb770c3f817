with

fulfillment_orders as (

    select * from {{ source('raw', 'shopify__fulfillment_orders') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as fulfillment_order_key,
        'shopify:' || _account || ':' || "orderId" as order_key,
        status,
        "requestStatus" as request_status,
        "assignedLocation__name" as location_name,
        "assignedLocation__countryCode" as location_country,
        "deliveryMethod__methodType" as delivery_method,
        "deliveryMethod__presentedName" as delivery_option,
        "createdAt" as created_at,
        "updatedAt" as updated_at,
        "fulfillAt" as fulfill_at,
        "fulfillBy" as fulfill_by,
        "deliveryMethod__minDeliveryDateTime" as promised_from,
        "deliveryMethod__maxDeliveryDateTime" as promised_at
    from fulfillment_orders
    where _deleted_at is null

)

select * from renamed
