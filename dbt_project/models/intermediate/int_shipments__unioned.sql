with

shopify_shipments as (

    select * from {{ ref('int_shipments__shopify') }}

),

shiprocket_shipments as (

    select * from {{ ref('int_shipments__shiprocket') }}

),

-- Rule `same_parcel`: a parcel that the shop lists under the carrier platform's air waybill is told once, by the
-- platform, which has its scans.
platform_parcels as (

    select distinct order_key, tracking_number
    from shiprocket_shipments
    where order_key is not null and tracking_number is not null and not is_cancelled

),

shopify_only as (

    select shopify_shipments.*
    from shopify_shipments
    left join platform_parcels
        on shopify_shipments.order_key = platform_parcels.order_key
            and shopify_shipments.tracking_number = platform_parcels.tracking_number
    where platform_parcels.order_key is null

),

unioned as (

    select * from shopify_only
    union all
    select * from shiprocket_shipments

)

select * from unioned
