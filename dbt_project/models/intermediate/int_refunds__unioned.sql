with

shopify_refunds as (

    select * from {{ ref('stg_shopify__refunds') }}

),

woocommerce_refunds as (

    select * from {{ ref('stg_woocommerce__refunds') }}

),

-- Every amount is in its order's currency: Shopify's in the shop's money, whatever the customer was shown.
unioned as (

    select
        refund_key,
        order_key,
        amount,
        refunded_at
    from shopify_refunds
    union all
    select
        refund_key,
        order_key,
        amount,
        refunded_at
    from woocommerce_refunds
    where not is_deleted

)

select * from unioned
