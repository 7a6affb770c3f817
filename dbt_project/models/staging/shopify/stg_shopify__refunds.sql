with

refunds as (

    select * from {{ source('raw', 'shopify__orders__refunds') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as refund_key,
        'shopify:' || _account || ':' || _parent_key as order_key,
        coalesce("totalRefundedSet__shopMoney__amount", 0) as amount,
        -- A refund may come without a time of creation; that of its processing is always there.
        coalesce("createdAt", "processedAt") as refunded_at
    from refunds

)

select * from renamed
