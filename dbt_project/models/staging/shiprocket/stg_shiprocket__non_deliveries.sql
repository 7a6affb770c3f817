with

non_deliveries as (

    select * from {{ source('raw', 'shiprocket__ndr') }}

),

renamed as (

    select
        'shiprocket:' || _account || ':' || id || ':' || shipment_id as non_delivery_key,
        'shiprocket:' || _account || ':' || id as order_key,
        'shiprocket:' || _account || ':' || shipment_id as shipment_key,
        nullif(awb_code, '') as awb,
        courier,
        {{ normal_email('customer_email') }} as email,
        status,
        reason,
        attempts,
        ndr_raised_at as last_attempted_at,
        delivered_date as delivered_at,
        created_at as order_created_at
    from non_deliveries

)

select * from renamed
