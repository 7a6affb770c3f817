{{ config(unique_key=['business_date', 'source', 'currency']) }}

with

events as (

    select * from {{ ref('int_sales__events') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

),

spine as (

    select
        shops.source,
        shops.currency,
        calendar.day as business_date
    from (select distinct source, currency from orders) as shops
    cross join (select min(business_date) as first_day from orders) as bounds
    cross join lateral ({{ days('bounds.first_day', as_of_date()) }}) as calendar

),

sold as (

    select
        business_date,
        source,
        currency,
        sum(orders) as orders,
        sum(refunds) as refunds,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(returns) as returns,
        sum(net_sales) as net_sales,
        sum(net_sales * net_sales) as net_sales_squares
    from events
    group by business_date, source, currency

),

-- Whoever places the first order ever is new, whoever has placed one before returns; with two on one day one is both,
-- as in the store's own report. Cancelled orders were placed too.
placed as (

    select
        business_date,
        source,
        currency,
        count(*) filter (where is_cancelled) as cancelled_orders,
        count(distinct customer_key) as customers,
        count(*) filter (where order_number_of_customer = 1) as new_customers,
        count(distinct customer_key) filter (where order_number_of_customer > 1) as returning_customers
    from orders
    group by business_date, source, currency

),

final as (

    select
        spine.business_date,
        spine.source,
        spine.currency,
        cast(coalesce(sold.orders, 0) as integer) as orders,
        cast(coalesce(placed.cancelled_orders, 0) as integer) as cancelled_orders,
        cast(coalesce(sold.refunds, 0) as integer) as refunds,
        cast(coalesce(sold.gross_sales, 0) as numeric(18, 2)) as gross_sales,
        cast(coalesce(sold.discounts, 0) as numeric(18, 2)) as discounts,
        cast(coalesce(sold.returns, 0) as numeric(18, 2)) as returns,
        cast(coalesce(sold.net_sales, 0) as numeric(18, 2)) as net_sales,
        cast(coalesce(sold.net_sales_squares, 0) as numeric(24, 4)) as net_sales_squares,
        cast(sold.net_sales / nullif(sold.orders, 0) as numeric(20, 6)) as average_order_value,
        cast(coalesce(placed.customers, 0) as integer) as customers,
        cast(coalesce(placed.new_customers, 0) as integer) as new_customers,
        cast(coalesce(placed.returning_customers, 0) as integer) as returning_customers
    from spine
    left join sold
        on spine.business_date = sold.business_date
            and spine.source = sold.source
            and spine.currency = sold.currency
    left join placed
        on spine.business_date = placed.business_date
            and spine.source = placed.source
            and spine.currency = placed.currency

)

select * from final
