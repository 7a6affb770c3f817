with

shipments as (

    select * from {{ source('raw', 'shiprocket__shipments') }}

),

renamed as (

    select
        'shiprocket:' || _account || ':' || id as shipment_key,
        'shiprocket:' || _account || ':' || order_id as order_key,
        -- A reassigned shipment may share its air waybill with the cancelled one before it.
        nullif(awb, '') as awb,
        status,
        status like 'CANCEL%' as is_cancelled,
        _deleted_at is not null as is_deleted,
        created_at
    from shipments

)

select * from renamed
