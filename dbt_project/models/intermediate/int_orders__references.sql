with

orders as (

    select * from {{ ref('stg_shopify__orders') }}

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
