-- Parcels that are missing from the mart although no named rule excludes them: of orders that do not count, deleted, or
-- told of by the carrier platform under the same air waybill.
with

staged as (

    select fulfillment_key as shipment_key, order_key
    from {{ ref('stg_shopify__fulfillments') }}
    union all
    select shipments.shipment_key, named.order_key
    from {{ ref('stg_shiprocket__shipments') }} as shipments
    left join {{ ref('int_shipments__shiprocket') }} as named on shipments.shipment_key = named.shipment_key
    where not shipments.is_deleted

),

excluded as (

    select order_key
    from {{ ref('int_orders__unioned') }}
    where exclusion_reason is not null

),

platform as (

    select order_key, tracking_number
    from {{ ref('fct_shipments') }}
    where source = 'shiprocket'

),

told_twice as (

    select tracking.fulfillment_key as shipment_key
    from {{ ref('stg_shopify__tracking_numbers') }} as tracking
    inner join {{ ref('stg_shopify__fulfillments') }} as fulfillments
        on tracking.fulfillment_key = fulfillments.fulfillment_key
    inner join platform
        on tracking.tracking_number = platform.tracking_number and fulfillments.order_key = platform.order_key

)

select staged.shipment_key
from staged
left join {{ ref('fct_shipments') }} as counted on staged.shipment_key = counted.shipment_key
where
    counted.shipment_key is null
    and (staged.order_key is null or staged.order_key not in (select order_key from excluded))
    and staged.shipment_key not in (select shipment_key from told_twice)
