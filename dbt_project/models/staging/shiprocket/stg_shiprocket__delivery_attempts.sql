with

attempts as (

    select * from {{ source('raw', 'shiprocket__ndr__history') }}

),

renamed as (

    select
        'shiprocket:' || _account || ':' || replace(_parent_key, '|', ':') as non_delivery_key,
        _position as position_in_non_delivery,
        ndr_attempt as attempt_number,
        ndr_reason as reason,
        ndr_raised_at as attempted_at
    from attempts

)

select * from renamed
