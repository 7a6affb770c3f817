with

line_items as (

    select * from {{ source('raw', 'woocommerce__orders__line_items') }}

),

renamed as (

    select
        'woocommerce:' || _account || ':' || id as line_item_key,
        'woocommerce:' || _account || ':' || _parent_key as order_key,
        'woocommerce:' || _account || ':' || product_id as product_key,
        name as title,
        nullif(sku, '') as sku,
        quantity,
        price as unit_price,
        -- Before discounts; total is after them.
        subtotal,
        total
    from line_items

)

select * from renamed
