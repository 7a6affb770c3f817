{{ config(materialized='ephemeral') }}

with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

refunds as (

    select * from {{ ref('int_orders__refunds') }}

),

delivered as (

    select * from orders
    where delivered_at is not null and not is_cancelled

),

refunded as (

    select
        order_key,
        min(refunded_at) as refunded_at
    from refunds
    where amount > 0
    group by order_key

),

-- Both experiences of an order begin when it arrives, so that those who had them and those who had not are watched for
-- equally long; a refund counts for 30 days from then.
experiences as (

    select
        customer_key,
        'late_delivery' as experience_event,
        delivered_at as occurred_at,
        {{ minutes_between('promised_at', 'delivered_at') }} as value,
        order_key as reference_key
    from delivered
    where promised_at is not null
    union all
    select
        delivered.customer_key,
        'refund' as experience_event,
        delivered.delivered_at as occurred_at,
        case
            when {{ days_between('delivered.delivered_at', 'refunded.refunded_at') }} <= 30 then 1 else 0
        end as value,
        delivered.order_key as reference_key
    from delivered
    left join refunded on delivered.order_key = refunded.order_key

)

select * from experiences
