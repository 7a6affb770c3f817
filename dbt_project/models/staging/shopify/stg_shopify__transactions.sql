with

transactions as (

    select * from {{ source('raw', 'shopify__orders__transactions') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as transaction_key,
        'shopify:' || _account || ':' || _parent_key as order_key,
        kind,
        status,
        "amountSet__shopMoney__amount" as amount,
        "processedAt" as processed_at
    from transactions

)

select * from renamed
