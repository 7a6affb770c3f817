with

orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

line_items as (

    select * from {{ ref('stg_shopify__line_items') }}

),

refunds as (

    select * from {{ ref('stg_shopify__refunds') }}

),

gross_of_orders as (

    select
        order_key,
        sum(quantity * unit_price) as gross_sales
    from line_items
    group by order_key

),

returns_of_orders as (

    select
        order_key,
        sum(amount) as returns
    from refunds
    group by order_key

),

-- The subtotal is after discounts; it stands in for orders whose lines are unknown. Refunds go beyond the goods where
-- shipping or goodwill is paid back too: that is no return of goods (int_orders__refunds dates the same amounts).
amounts as (

    select
        orders.order_key,
        coalesce(gross_of_orders.gross_sales, orders.subtotal + orders.discounts) as gross_sales,
        orders.discounts,
        coalesce(returns_of_orders.returns, 0) as refunded
    from orders
    left join gross_of_orders on orders.order_key = gross_of_orders.order_key
    left join returns_of_orders on orders.order_key = returns_of_orders.order_key

),

final as (

    select
        order_key,
        gross_sales,
        discounts,
        least(refunded, gross_sales - discounts) as returns,
        gross_sales - discounts - least(refunded, gross_sales - discounts) as net_sales
    from amounts

)

select * from final
