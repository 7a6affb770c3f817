with

lines as (

    select * from {{ source('raw', 'shopify__refund_line_items') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as refund_line_key,
        'shopify:' || _account || ':' || "__parentId" as refund_key,
        'shopify:' || _account || ':' || "lineItem__id" as line_item_key,
        quantity,
        "subtotalSet__shopMoney__amount" as subtotal,
        "totalTaxSet__shopMoney__amount" as tax,
        "restockType" as restock_type,
        restocked as is_restocked
    from lines
    where _deleted_at is null

)

select * from renamed
