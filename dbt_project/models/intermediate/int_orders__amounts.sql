with

orders as (

    select * from {{ ref('int_orders__unioned') }}

),

lines as (

    select * from {{ ref('int_order_lines__unioned') }}

),

refunds as (

    select * from {{ ref('int_refunds__unioned') }}

),

rates as (

    select * from {{ ref('int_currencies__rates') }}

),

gross_of_orders as (

    select
        order_key,
        sum(gross_sales) as gross_sales
    from lines
    group by order_key

),

refunds_of_orders as (

    select
        order_key,
        sum(amount) as refunded
    from refunds
    group by order_key

),

-- The subtotal is after discounts; it stands in for orders whose lines are unknown.
amounts as (

    select
        orders.order_key,
        orders.currency,
        {{ business_date('orders.ordered_at') }} as business_date,
        coalesce(gross_of_orders.gross_sales, orders.subtotal + orders.discounts) as gross_sales,
        orders.discounts,
        coalesce(refunds_of_orders.refunded, 0) as refunded
    from orders
    left join gross_of_orders on orders.order_key = gross_of_orders.order_key
    left join refunds_of_orders on orders.order_key = refunds_of_orders.order_key

),

-- Refunds go beyond the goods where shipping or goodwill is paid back too: that is no return of goods
-- (int_orders__refunds dates the same amounts). A currency without a rate has none: 1 would be a wrong one.
final as (

    select
        amounts.order_key,
        amounts.gross_sales,
        amounts.discounts,
        least(amounts.refunded, amounts.gross_sales - amounts.discounts) as returns,
        amounts.gross_sales - amounts.discounts
        - least(amounts.refunded, amounts.gross_sales - amounts.discounts) as net_sales,
        rates.reporting_currency,
        rates.rate as exchange_rate
    from amounts
    left join rates
        on amounts.currency = rates.currency
            and (rates.valid_from is null or amounts.business_date >= rates.valid_from)
            and (rates.valid_until is null or amounts.business_date < rates.valid_until)

)

select * from final
