with

orders as (

    select * from {{ source('raw', 'shopify__orders') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as order_key,
        id as order_gid,
        regexp_replace(id, '^.*/', '') as order_id,
        name as order_name,
        'shopify:' || _account || ':' || "customer__id" as shopify_customer_key,
        {{ normal_email('email') }} as email,
        "currencyCode" as currency,
        "presentmentCurrencyCode" as presentment_currency,
        "sourceName" as channel,
        "customerLocale" as locale,
        "displayFinancialStatus" as financial_status,
        "displayFulfillmentStatus" as fulfillment_status,
        "returnStatus" as return_status,
        "cancelReason" as cancel_reason,
        "shippingLine__title" as shipping_method,
        "shippingAddress__countryCodeV2" as country,
        "shippingAddress__provinceCode" as region,
        coalesce("subtotalPriceSet__shopMoney__amount", 0) as subtotal,
        coalesce("totalDiscountsSet__shopMoney__amount", 0) as discounts,
        "totalPriceSet__shopMoney__amount" as total_price,
        "totalPriceSet__presentmentMoney__amount" as presentment_total_price,
        "currentTotalPriceSet__shopMoney__amount" as current_total_price,
        "totalRefundedShippingSet__shopMoney__amount" as refunded_shipping,
        "transactionsCount__count" as transactions_count,
        "fulfillmentsCount__count" as fulfillments_count,
        test as is_test,
        edited as is_edited,
        "cancelledAt" is not null as is_cancelled,
        _deleted_at is not null as is_deleted,
        -- The date the store's own reports use; orders imported from elsewhere are created later than placed.
        coalesce("processedAt", "createdAt") as ordered_at,
        "cancelledAt" as cancelled_at
    from orders

)

select * from renamed
