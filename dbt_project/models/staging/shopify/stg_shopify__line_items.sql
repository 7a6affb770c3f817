with

line_items as (

    select * from {{ source('raw', 'shopify__line_items') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as line_item_key,
        'shopify:' || _account || ':' || "__parentId" as order_key,
        'shopify:' || _account || ':' || "product__id" as product_key,
        title,
        sku,
        quantity,
        "originalUnitPriceSet__shopMoney__amount" as unit_price
    from line_items
    where _deleted_at is null

)

select * from renamed
