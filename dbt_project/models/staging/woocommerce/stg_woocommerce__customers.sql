with

customers as (

    select * from {{ source('raw', 'woocommerce__customers') }}

),

renamed as (

    select
        -- An account and an order may have the same number.
        'woocommerce:' || _account || ':customer:' || id as woocommerce_customer_key,
        nullif(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), '') as name,
        {{ normal_email('email') }} as email,
        nullif(billing__phone, '') as phone,
        nullif(billing__country, '') as country,
        role,
        _deleted_at is not null as is_deleted,
        date_created_gmt as created_at
    from customers

)

select * from renamed
