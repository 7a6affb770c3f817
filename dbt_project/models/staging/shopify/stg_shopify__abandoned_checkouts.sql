with

checkouts as (

    select * from {{ source('raw', 'shopify__abandoned_checkouts') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as checkout_key,
        'shopify:' || _account || ':' || "customer__id" as shopify_customer_key,
        "shippingAddress__countryCodeV2" as country,
        "totalPriceSet__shopMoney__currencyCode" as currency,
        "subtotalPriceSet__shopMoney__amount" as subtotal,
        "totalDiscountSet__shopMoney__amount" as discounts,
        "totalPriceSet__shopMoney__amount" as total,
        "completedAt" is not null as is_recovered,
        "createdAt" as created_at,
        "completedAt" as completed_at,
        "updatedAt" as updated_at
    from checkouts
    where _deleted_at is null

)

select * from renamed
