with

served as (

    select * from {{ source('raw', 'shopify__fulfillment_order_fulfillments') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || "__parentId" || ':' || id as fulfillment_order_fulfillment_key,
        'shopify:' || _account || ':' || "__parentId" as fulfillment_order_key,
        'shopify:' || _account || ':' || id as fulfillment_key
    from served
    where _deleted_at is null

)

select * from renamed
