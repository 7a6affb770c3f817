with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

-- Every placed order is a sign of life, a cancelled one too; only what was not cancelled is worth something.
daily as (

    select
        customer_key,
        business_date as order_date,
        count(*) as orders,
        coalesce(sum(net_sales) filter (where not is_cancelled), 0) as net_sales
    from orders
    where business_date <= {{ as_of_date() }}
    group by customer_key, business_date

),

sequence as (

    select
        *,
        row_number() over customer_days as day_number,
        lag(order_date) over customer_days as previous_order_date,
        lead(order_date) over customer_days as next_order_date
    from daily
    window customer_days as (partition by customer_key order by order_date)

)

select * from sequence
