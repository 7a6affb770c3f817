with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

segmented as (

    select 'all' as segment_name, 'all' as segment_value, customer_key, business_date, ordered_at, order_key
    from orders
    where business_date <= {{ as_of_date() }}
    union all
    select 'source' as segment_name, source as segment_value, customer_key, business_date, ordered_at, order_key
    from orders
    where business_date <= {{ as_of_date() }}

),

sequence as (

    select
        segment_name,
        segment_value,
        customer_key,
        business_date as order_date,
        cast(date_trunc('month', cast(business_date as timestamp)) as date) as order_month,
        lag(business_date) over customer_orders as previous_order_date,
        lead(business_date) over customer_orders as next_order_date
    from segmented
    window customer_orders as (
        partition by segment_name, segment_value, customer_key order by ordered_at, order_key
    )

)

select * from sequence
