with

lines as (

    select * from {{ source('raw', 'shopify__return_line_items') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as return_line_key,
        'shopify:' || _account || ':' || "__parentId" as return_key,
        'shopify:' || _account || ':' || "fulfillmentLineItem__lineItem__id" as line_item_key,
        quantity,
        "refundedQuantity" as refunded_quantity,
        "returnReasonDefinition__handle" as reason,
        "returnReasonDefinition__name" as reason_name,
        "returnReasonNote" as reason_note,
        "customerNote" as customer_note
    from lines
    where _deleted_at is null

)

select * from renamed
