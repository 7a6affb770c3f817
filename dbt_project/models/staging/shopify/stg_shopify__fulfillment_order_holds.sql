with

holds as (

    select * from {{ source('raw', 'shopify__fulfillment_orders__holds') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as hold_key,
        'shopify:' || _account || ':' || _parent_key as fulfillment_order_key,
        reason,
        "reasonNotes" as notes
    from holds

)

select * from renamed
