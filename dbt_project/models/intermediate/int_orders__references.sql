with

shopify_orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

countable_orders as (

    select * from {{ ref('int_orders__joined') }}

),

-- An order that does not count, such as a test order, is in no mart that an answer could be joined to.
orders as (

    select
        shopify_orders.order_key,
        shopify_orders.order_gid,
        shopify_orders.order_id,
        shopify_orders.order_name
    from shopify_orders
    inner join countable_orders on shopify_orders.order_key = countable_orders.order_key

),

-- What a survey may call an order: its global id, its number, or its name with or without the hash.
order_references as (

    select order_gid as reference, order_key
    from orders
    union
    select order_id as reference, order_key
    from orders
    union
    select order_name as reference, order_key
    from orders
    union
    select replace(order_name, '#', '') as reference, order_key
    from orders

),

-- A reference that fits several orders proves none of them.
unambiguous as (

    select
        reference,
        min(order_key) as order_key
    from order_references
    group by reference
    having count(*) = 1

)

select * from unambiguous
