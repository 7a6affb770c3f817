with

orders as (

    select * from {{ ref('int_orders__unioned') }}

),

transactions as (

    select * from {{ ref('stg_shopify__transactions') }}

),

shipments as (

    select * from {{ ref('int_shipments__unioned') }}

),

payments as (

    select
        order_key,
        min(processed_at) as paid_at
    from transactions
    where kind in ('SALE', 'CAPTURE') and status = 'SUCCESS'
    group by order_key

),

-- An order is delivered when the last of its parcels is that is not on its way back.
shipments_of_orders as (

    select
        order_key,
        source,
        count(*) as parcels,
        min(shipped_at) as shipped_at,
        case
            when count(*) filter (where not is_sent_back) = count(delivered_at) filter (where not is_sent_back)
                then max(delivered_at) filter (where not is_sent_back)
        end as delivered_at,
        max(promised_at) as promised_at,
        (
            array_agg(carrier order by shipped_at desc nulls last, shipment_key desc) filter (where carrier is not null)
        )[1] as carrier
    from shipments
    where not is_cancelled and order_key is not null
    group by order_key, source

),

-- The shop's own word on each time comes before the carrier platform's, and a status clock last: WooCommerce's
-- `completed` says that the order was handed over. The platform's delivery is the order's if it knows all parcels.
joined as (

    select
        orders.order_key,
        coalesce(orders.paid_at, payments.paid_at) as paid_at,
        coalesce(own.shipped_at, platform.shipped_at, orders.completed_at) as shipped_at,
        coalesce(
            own.delivered_at, case when platform.parcels >= coalesce(own.parcels, 0) then platform.delivered_at end
        ) as delivered_at,
        coalesce(own.promised_at, platform.promised_at) as promised_at,
        coalesce(own.carrier, platform.carrier) as carrier
    from orders
    left join payments on orders.order_key = payments.order_key
    left join shipments_of_orders as own on orders.order_key = own.order_key and own.source = 'shopify'
    left join shipments_of_orders as platform
        on orders.order_key = platform.order_key and platform.source = 'shiprocket'

),

final as (

    select
        *,
        delivered_at > promised_at as is_delivered_late,
        {{ business_date('delivered_at') }} > {{ business_date('promised_at') }} as is_delivered_after_promised_day,
        cast(case
            when delivered_at > promised_at then {{ days_between('promised_at', 'delivered_at') }}
            when delivered_at <= promised_at then 0
        end as numeric(20, 6)) as late_days,
        {{ days_between('paid_at', 'shipped_at') }} as processing_days,
        {{ days_between('shipped_at', 'delivered_at') }} as transit_days,
        {{ days_between('paid_at', 'delivered_at') }} as delivery_days
    from joined

)

select * from final
