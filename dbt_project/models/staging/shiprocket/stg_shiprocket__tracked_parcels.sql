with

tracking as (

    select * from {{ source('raw', 'shiprocket__tracking') }}

),

parcels as (

    select * from {{ source('raw', 'shiprocket__tracking__shipment_track') }}

),

renamed as (

    select
        'shiprocket:' || tracking._account || ':' || tracking.awb as parcel_key,
        tracking.awb,
        'shiprocket:' || tracking._account || ':' || parcels.shipment_id as shipment_key,
        'shiprocket:' || tracking._account || ':' || parcels.order_id as order_key,
        parcels.courier_name as courier,
        parcels.current_status as status,
        tracking.track_status = 1 as is_tracked,
        parcels.pickup_date as shipped_at,
        parcels.delivered_date as delivered_at,
        coalesce(tracking.etd, parcels.edd) as promised_at
    from tracking
    left join parcels
        on
            tracking._account = parcels._account
            and tracking.awb = parcels._parent_key
            and parcels._position = 0

)

select * from renamed
