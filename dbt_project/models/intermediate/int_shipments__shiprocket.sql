with

shipments as (

    select * from {{ ref('stg_shiprocket__shipments') }}

),

order_shipments as (

    select * from {{ ref('stg_shiprocket__order_shipments') }}

),

orders as (

    select * from {{ ref('stg_shiprocket__orders') }}

),

parcels as (

    select * from {{ ref('stg_shiprocket__tracked_parcels') }}

),

activities as (

    select * from {{ ref('stg_shiprocket__tracking_activities') }}

),

non_deliveries as (

    select * from {{ ref('stg_shiprocket__non_deliveries') }}

),

attempts as (

    select * from {{ ref('stg_shiprocket__delivery_attempts') }}

),

references_of_orders as (

    select * from {{ ref('int_orders__references') }}

),

-- The scans stand in for a carrier that gives no time of delivery or of sending back.
scans as (

    select
        parcel_key,
        min(happened_at) filter (where status = 'PICKED UP') as picked_up_at,
        max(happened_at) filter (where status = 'DELIVERED') as delivered_at,
        max(happened_at) filter (where status in ('RTO DELIVERED', 'RTO_DELIVERED')) as sent_back_at
    from activities
    group by parcel_key

),

failures as (

    select
        non_deliveries.shipment_key,
        min(attempts.attempted_at) as first_failed_at,
        greatest(count(attempts.non_delivery_key), max(non_deliveries.attempts), 1) as failed_attempts
    from non_deliveries
    left join attempts on non_deliveries.non_delivery_key = attempts.non_delivery_key
    group by non_deliveries.shipment_key

),

-- A reassigned shipment may share its air waybill with the cancelled one: the parcel is the one's that it names.
tracked as (

    select
        parcels.shipment_key,
        max(parcels.courier) as courier,
        min(coalesce(parcels.shipped_at, scans.picked_up_at)) as shipped_at,
        max(coalesce(parcels.delivered_at, scans.delivered_at)) as delivered_at,
        max(parcels.promised_at) as promised_at,
        max(scans.sent_back_at) as sent_back_at
    from parcels
    left join scans on parcels.parcel_key = scans.parcel_key
    where parcels.is_tracked and parcels.shipment_key is not null
    group by parcels.shipment_key

),

joined as (

    select
        shipments.shipment_key,
        'shiprocket' as source,
        references_of_orders.order_key,
        coalesce(order_shipments.courier, tracked.courier) as carrier,
        shipments.awb as tracking_number,
        shipments.created_at,
        tracked.shipped_at,
        coalesce(tracked.delivered_at, order_shipments.delivered_at) as arrived_at,
        coalesce(order_shipments.promised_at, tracked.promised_at) as promised_at,
        failures.first_failed_at,
        coalesce(failures.failed_attempts, 0) as failed_attempts,
        coalesce(tracked.sent_back_at, order_shipments.sent_back_at) as sent_back_at,
        shipments.is_cancelled,
        shipments.status like 'RTO%'
        or order_shipments.sent_back_at is not null
        or tracked.sent_back_at is not null as is_sent_back
    from shipments
    left join orders on shipments.order_key = orders.order_key
    left join references_of_orders on orders.order_reference = references_of_orders.reference
    left join order_shipments on shipments.shipment_key = order_shipments.shipment_key
    left join tracked on shipments.shipment_key = tracked.shipment_key
    left join failures on shipments.shipment_key = failures.shipment_key
    where not shipments.is_deleted

),

-- What arrives back at the shop has not arrived at the customer, though some couriers date it so.
final as (

    select
        shipment_key,
        source,
        order_key,
        carrier,
        tracking_number,
        created_at,
        shipped_at,
        case when not is_sent_back then arrived_at end as delivered_at,
        promised_at,
        first_failed_at,
        failed_attempts,
        sent_back_at,
        is_cancelled,
        is_sent_back
    from joined

)

select * from final
