with

orders as (

    select * from {{ source('raw', 'woocommerce__orders') }}

),

renamed as (

    select
        'woocommerce:' || _account || ':' || id as order_key,
        id as order_id,
        number as order_name,
        -- 0 stands for a guest.
        'woocommerce:' || _account || ':customer:' || nullif(customer_id, 0) as woocommerce_customer_key,
        {{ normal_email('billing__email') }} as email,
        nullif(trim(coalesce(billing__first_name, '') || ' ' || coalesce(billing__last_name, '')), '') as name,
        nullif(billing__phone, '') as phone,
        currency,
        created_via as channel,
        coalesce(nullif(shipping__country, ''), nullif(billing__country, '')) as country,
        coalesce(nullif(shipping__state, ''), nullif(billing__state, '')) as region,
        status,
        coalesce(total, 0) - coalesce(shipping_total, 0) - coalesce(total_tax, 0) as subtotal,
        coalesce(discount_total, 0) as discounts,
        coalesce(shipping_total, 0) as shipping,
        coalesce(total, 0) as total,
        status in ('cancelled', 'failed') as is_cancelled,
        _deleted_at is not null as is_deleted,
        date_created_gmt as ordered_at,
        date_paid_gmt as paid_at,
        date_completed_gmt as completed_at
    from orders

)

select * from renamed
