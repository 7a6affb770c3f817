with

reverse_orders as (

    select * from {{ source('raw', 'shopify__reverse_fulfillment_orders') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as reverse_fulfillment_order_key,
        'shopify:' || _account || ':' || "__parentId" as return_key,
        status
    from reverse_orders
    where _deleted_at is null

)

select * from renamed
