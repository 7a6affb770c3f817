with

refunds as (

    select * from {{ source('raw', 'woocommerce__refunds') }}

),

renamed as (

    select
        'woocommerce:' || _account || ':' || id as refund_key,
        -- The list of one order's refunds leaves the order out; then it is known from the request.
        'woocommerce:' || _account || ':' || coalesce(parent_id, order_id) as order_key,
        coalesce(amount, 0) as amount,
        nullif(trim(reason), '') as reason,
        _deleted_at is not null as is_deleted,
        date_created_gmt as refunded_at
    from refunds

)

select * from renamed
