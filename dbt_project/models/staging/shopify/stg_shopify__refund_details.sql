with

refunds as (

    select * from {{ source('raw', 'shopify__refunds') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as refund_key,
        'shopify:' || _account || ':' || "order__id" as order_key,
        'shopify:' || _account || ':' || "return__id" as return_key,
        note,
        "totalRefundedSet__shopMoney__amount" as amount,
        "totalRefundedSet__presentmentMoney__amount" as presentment_amount,
        "totalRefundedSet__presentmentMoney__currencyCode" as presentment_currency,
        coalesce("createdAt", "processedAt") as refunded_at,
        "processedAt" as processed_at,
        "updatedAt" as updated_at
    from refunds
    where _deleted_at is null

)

select * from renamed
