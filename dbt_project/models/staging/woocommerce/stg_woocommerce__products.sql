with

products as (

    select * from {{ source('raw', 'woocommerce__products') }}

),

renamed as (

    select
        'woocommerce:' || _account || ':' || id as product_key,
        name as title,
        nullif(sku, '') as sku,
        status,
        price,
        _deleted_at is not null as is_deleted,
        date_created_gmt as created_at
    from products

)

select * from renamed
