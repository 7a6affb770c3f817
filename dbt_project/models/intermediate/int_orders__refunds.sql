with

refunds as (

    select * from {{ ref('stg_shopify__refunds') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

),

joined as (

    select
        refunds.refund_key,
        refunds.order_key,
        orders.source,
        {{ business_date('refunds.refunded_at') }} as business_date,
        refunds.amount
    from refunds
    inner join orders on refunds.order_key = orders.order_key

)

select * from joined
