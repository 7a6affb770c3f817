with

lines as (

    select * from {{ source('raw', 'shopify__fulfillment_order_lines') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as fulfillment_order_line_key,
        'shopify:' || _account || ':' || "__parentId" as fulfillment_order_key,
        'shopify:' || _account || ':' || "lineItem__id" as line_item_key,
        sku,
        "totalQuantity" as quantity,
        "remainingQuantity" as remaining_quantity
    from lines
    where _deleted_at is null

)

select * from renamed
