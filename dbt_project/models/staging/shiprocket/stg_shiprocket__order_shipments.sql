with

shipments as (

    select * from {{ source('raw', 'shiprocket__orders__shipments') }}

),

renamed as (

    select
        'shiprocket:' || _account || ':' || id as shipment_key,
        'shiprocket:' || _account || ':' || _parent_key as order_key,
        nullif(courier, '') as courier,
        nullif(awb, '') as awb,
        weight,
        etd as promised_at,
        delivered_date as delivered_at,
        rto_delivered_date as sent_back_at
    from shipments

)

select * from renamed
