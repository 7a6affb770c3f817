with

orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

identities as (

    select * from {{ ref('int_customers__identities') }}

),

amounts as (

    select * from {{ ref('int_orders__amounts') }}

),

delivery as (

    select * from {{ ref('int_orders__delivery') }}

),

-- Rule `test_order`: orders placed to try the shop are no sales. Rule `deleted_order`: the store removed it.
countable as (

    select *
    from orders
    where not is_test and not is_deleted

),

joined as (

    select
        countable.order_key,
        'shopify' as source,
        identities.customer_key,
        countable.ordered_at,
        {{ business_date('countable.ordered_at') }} as business_date,
        countable.currency,
        countable.country,
        amounts.gross_sales,
        amounts.discounts,
        amounts.returns,
        amounts.net_sales,
        case
            when countable.is_cancelled then 'cancelled'
            when delivery.delivered_at is not null then 'delivered'
            when delivery.shipped_at is not null then 'shipped'
            when delivery.paid_at is not null then 'paid'
            else 'placed'
        end as status,
        countable.is_cancelled,
        delivery.paid_at,
        delivery.shipped_at,
        delivery.delivered_at,
        {{ business_date('delivery.shipped_at') }} as shipped_date,
        {{ business_date('delivery.delivered_at') }} as delivered_date,
        delivery.promised_at,
        delivery.is_delivered_late,
        delivery.processing_days,
        delivery.transit_days,
        delivery.delivery_days,
        row_number() over (
            partition by identities.customer_key
            order by countable.ordered_at, countable.order_key
        ) as order_number_of_customer
    from countable
    inner join identities
        on coalesce(countable.shopify_customer_key, countable.order_key) = identities.identity_key
    inner join amounts on countable.order_key = amounts.order_key
    inner join delivery on countable.order_key = delivery.order_key

)

select * from joined
