with

returns as (

    select * from {{ source('raw', 'shopify__returns') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as return_key,
        'shopify:' || _account || ':' || "order__id" as order_key,
        name as return_name,
        status,
        "totalQuantity" as quantity,
        decline__reason as decline_reason,
        decline__note as decline_note,
        "createdAt" as requested_at,
        "requestApprovedAt" as approved_at,
        "closedAt" as closed_at
    from returns
    where _deleted_at is null

)

select * from renamed
