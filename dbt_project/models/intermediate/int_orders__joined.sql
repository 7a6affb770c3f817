with

orders as (

    select * from {{ ref('int_orders__unioned') }}

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

returns as (

    select * from {{ ref('int_orders__returns') }}

),

joined as (

    select
        orders.order_key,
        orders.source,
        identities.customer_key,
        orders.ordered_at,
        {{ business_date('orders.ordered_at') }} as business_date,
        orders.currency,
        orders.country,
        orders.region,
        orders.channel,
        orders.account_key is null as is_guest,
        amounts.gross_sales,
        amounts.discounts,
        amounts.returns,
        amounts.net_sales,
        amounts.reporting_currency,
        amounts.exchange_rate,
        case
            when orders.is_cancelled then 'cancelled'
            when delivery.delivered_at is not null then 'delivered'
            when delivery.shipped_at is not null then 'shipped'
            when delivery.paid_at is not null then 'paid'
            else 'placed'
        end as status,
        orders.is_cancelled,
        delivery.paid_at,
        delivery.shipped_at,
        delivery.delivered_at,
        {{ business_date('delivery.shipped_at') }} as shipped_date,
        {{ business_date('delivery.delivered_at') }} as delivered_date,
        delivery.promised_at,
        delivery.carrier,
        delivery.is_delivered_late,
        delivery.is_delivered_after_promised_day,
        delivery.late_days,
        delivery.processing_days,
        delivery.transit_days,
        delivery.delivery_days,
        returns.returned_at,
        {{ business_date('returns.returned_at') }} as returned_date,
        returns.opened_at as return_opened_at,
        returns.refunded_at as return_refunded_at,
        {{ business_date('returns.refunded_at') }} as return_refunded_date,
        returns.refund_days,
        row_number() over (
            partition by identities.customer_key
            order by orders.ordered_at, orders.order_key
        ) as order_number_of_customer
    from orders
    inner join identities on orders.identity_key = identities.identity_key
    inner join amounts on orders.order_key = amounts.order_key
    inner join delivery on orders.order_key = delivery.order_key
    left join returns on orders.order_key = returns.order_key
    where orders.exclusion_reason is null

)

select * from joined
