with

orders as (

    select * from {{ source('raw', 'shiprocket__orders') }}

),

renamed as (

    select
        'shiprocket:' || _account || ':' || id as order_key,
        id as order_id,
        -- How the shop that sold it calls the order.
        channel_order_id as order_reference,
        channel_name as channel,
        customer_name as name,
        {{ normal_email('customer_email') }} as email,
        nullif(customer_phone, '') as phone,
        coalesce(is_international, 0) = 1 as is_international,
        payment_method = 'cod' as is_cash_on_delivery,
        total,
        status,
        status like 'CANCEL%' as is_cancelled,
        status like 'RTO%' as is_sent_back,
        _deleted_at is not null as is_deleted,
        channel_created_at as ordered_at,
        created_at
    from orders

)

select * from renamed
