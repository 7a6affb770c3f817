with

returns as (

    select * from {{ source('raw', 'shiprocket__returns') }}

),

renamed as (

    select
        'shiprocket:' || _account || ':' || id as return_key,
        channel_order_id as order_reference,
        'shiprocket:' || _account || ':' || shipment_id as shipment_key,
        {{ normal_email('customer_email') }} as email,
        total,
        status,
        status = 'RETURN DELIVERED' as is_returned,
        created_at
    from returns

)

select * from renamed
