with

attributes as (

    select * from {{ source('raw', 'billing__subscription_attributes') }}

),

renamed as (

    select
        'billing:' || _account || ':' || subscription_id as subscription_key,
        attribute as attribute_name,
        nullif(trim(value), '') as attribute_value
    from attributes
    where _deleted_at is null

)

select * from renamed
