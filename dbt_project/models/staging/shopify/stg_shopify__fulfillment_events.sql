with

events as (

    select * from {{ source('raw', 'shopify__fulfillment_events') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as fulfillment_event_key,
        'shopify:' || _account || ':' || "__parentId" as fulfillment_key,
        status,
        message,
        country,
        province,
        city,
        -- Carriers report late: a scan may be told after the delivery it led to.
        "happenedAt" as happened_at,
        "createdAt" as reported_at,
        "estimatedDeliveryAt" as estimated_delivery_at
    from events
    where _deleted_at is null

)

select * from renamed
