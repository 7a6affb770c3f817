{{ config(materialized='ephemeral') }}

with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

contacts as (

    select
        'order' as touchpoint,
        case when is_cancelled then 'cancelled' else 'placed' end as signal,
        cast(0 as numeric) as minutes,
        customer_key,
        ordered_at as occurred_at,
        source,
        cast(null as text) as channel,
        order_key as reference_key
    from orders
    union all
    select
        'payment' as touchpoint,
        'paid' as signal,
        cast(0 as numeric) as minutes,
        customer_key,
        paid_at as occurred_at,
        source,
        cast(null as text) as channel,
        order_key as reference_key
    from orders
    where paid_at is not null
    union all
    select
        'shipment' as touchpoint,
        'shipped' as signal,
        cast(0 as numeric) as minutes,
        customer_key,
        shipped_at as occurred_at,
        source,
        cast(null as text) as channel,
        order_key as reference_key
    from orders
    where shipped_at is not null
    union all
    select
        'delivery' as touchpoint,
        case when promised_at is null then 'unpromised' else 'promised' end as signal,
        coalesce({{ minutes_between('promised_at', 'delivered_at') }}, 0) as minutes,
        customer_key,
        delivered_at as occurred_at,
        source,
        cast(null as text) as channel,
        order_key as reference_key
    from orders
    where delivered_at is not null

)

select * from contacts
