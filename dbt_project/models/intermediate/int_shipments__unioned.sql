with

shopify_shipments as (

    select * from {{ ref('int_shipments__shopify') }}

),

shiprocket_shipments as (

    select * from {{ ref('int_shipments__shiprocket') }}

),

-- Rule `same_parcel`: a parcel that the shop lists under the carrier platform's air waybill is told once, by the
-- platform, which has its scans.
shopify_only as (

    select shopify_shipments.*
    from shopify_shipments
    where not exists (
        select 1
        from shiprocket_shipments
        where shopify_shipments.tracking_number = shiprocket_shipments.tracking_number
            and shopify_shipments.order_key = shiprocket_shipments.order_key
            and not shiprocket_shipments.is_cancelled
    )

),

unioned as (

    select * from shopify_only
    union all
    select * from shiprocket_shipments

)

select * from unioned
