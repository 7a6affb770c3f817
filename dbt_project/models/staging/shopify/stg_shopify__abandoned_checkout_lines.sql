with

lines as (

    select * from {{ source('raw', 'shopify__abandoned_checkout_lines') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as checkout_line_key,
        'shopify:' || _account || ':' || "__parentId" as checkout_key,
        'shopify:' || _account || ':' || "product__id" as product_key,
        title,
        sku,
        quantity,
        "originalUnitPriceSet__shopMoney__amount" as unit_price,
        "discountedTotalPriceSet__shopMoney__amount" as total
    from lines
    where _deleted_at is null

)

select * from renamed
