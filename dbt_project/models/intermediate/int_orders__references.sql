with

unioned_orders as (

    select * from {{ ref('int_orders__unioned') }}

),

-- An order that does not count, such as a test order, is in no mart that an answer could be joined to.
orders as (

    select *
    from unioned_orders
    where exclusion_reason is null

),

-- What a survey or a carrier may call an order: its global id, its number, or its name with or without the hash.
order_references as (

    select order_gid as reference, order_key
    from orders
    where order_gid is not null
    union
    select order_id as reference, order_key
    from orders
    union
    select order_name as reference, order_key
    from orders
    where order_name is not null
    union
    select replace(order_name, '#', '') as reference, order_key
    from orders
    where order_name is not null

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
