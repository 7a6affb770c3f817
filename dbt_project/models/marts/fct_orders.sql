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
        cast(order_number_of_customer as integer) as order_number_of_customer
    from orders

)

select * from final
