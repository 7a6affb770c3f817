{{ config(unique_key=['order_key']) }}

with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

final as (

    select
        order_key,
        source,
        customer_key,
        ordered_at,
        business_date,
        currency,
        country,
        cast(gross_sales as numeric(18, 2)) as gross_sales,
        cast(discounts as numeric(18, 2)) as discounts,
        cast(returns as numeric(18, 2)) as returns,
        cast(net_sales as numeric(18, 2)) as net_sales,
        status,
        is_cancelled,
        paid_at,
        shipped_at,
        delivered_at,
        promised_at,
        is_delivered_late,
        delivery_days,
        cast(order_number_of_customer as integer) as order_number_of_customer,
        region,
        channel,
        is_guest,
        reporting_currency,
        cast(exchange_rate as numeric(20, 10)) as exchange_rate,
        carrier,
        is_delivered_after_promised_day,
        cast(late_days as numeric(20, 6)) as late_days,
        processing_days,
        transit_days,
        returned_at,
        return_opened_at,
        return_refunded_at,
        refund_days
    from orders

)

select * from final
