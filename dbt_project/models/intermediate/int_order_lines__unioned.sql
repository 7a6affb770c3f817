with

shopify_lines as (

    select * from {{ ref('stg_shopify__line_items') }}

),

woocommerce_lines as (

    select * from {{ ref('stg_woocommerce__line_items') }}

),

-- Price times quantity before discounts. WooCommerce's own price is after them, its subtotal is not.
unioned as (

    select
        line_item_key,
        order_key,
        product_key,
        title,
        sku,
        quantity,
        quantity * unit_price as gross_sales
    from shopify_lines
    union all
    select
        line_item_key,
        order_key,
        product_key,
        title,
        sku,
        quantity,
        subtotal as gross_sales
    from woocommerce_lines

)

select * from unioned
