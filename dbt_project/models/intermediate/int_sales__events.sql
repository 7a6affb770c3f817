with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

refunds as (

    select * from {{ ref('int_orders__refunds') }}

),

-- A sale counts on the day of the order, what of it is given back on the day of the refund: a refund of an old order
-- changes today, not the past. A refund is told at its order's rate, so that a full one leaves nothing of the sale.
events as (

    select
        business_date,
        order_key,
        1 as orders,
        0 as refunds,
        gross_sales,
        discounts,
        cast(0 as numeric) as returns
    from orders
    where not is_cancelled
    union all
    select
        business_date,
        order_key,
        0 as orders,
        1 as refunds,
        cast(0 as numeric) as gross_sales,
        cast(0 as numeric) as discounts,
        amount as returns
    from refunds

),

joined as (

    select
        events.*,
        events.gross_sales - events.discounts - events.returns as net_sales,
        orders.source,
        orders.customer_key,
        orders.currency,
        orders.country,
        orders.exchange_rate
    from events
    inner join orders on events.order_key = orders.order_key
    where events.business_date <= {{ as_of_date() }}

)

select * from joined
