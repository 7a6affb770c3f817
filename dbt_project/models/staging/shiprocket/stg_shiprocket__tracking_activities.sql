with

activities as (

    select * from {{ source('raw', 'shiprocket__tracking__shipment_track_activities') }}

),

renamed as (

    select
        'shiprocket:' || _account || ':' || _parent_key as parcel_key,
        -- The newest comes first.
        _position as position_in_parcel,
        activity,
        location,
        "sr-status" as status_code,
        nullif("sr-status-label", 'NA') as status,
        date as happened_at
    from activities

)

select * from renamed
