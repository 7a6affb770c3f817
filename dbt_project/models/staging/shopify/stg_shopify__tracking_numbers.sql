with

tracking as (

    select * from {{ source('raw', 'shopify__fulfillments__tracking') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || _parent_key || ':' || _position as tracking_key,
        'shopify:' || _account || ':' || _parent_key as fulfillment_key,
        company as carrier,
        number as tracking_number,
        url as tracking_url
    from tracking

)

select * from renamed
