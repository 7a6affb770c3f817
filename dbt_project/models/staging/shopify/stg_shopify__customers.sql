with

customers as (

    select * from {{ source('raw', 'shopify__customers') }}

),

renamed as (

    select
        'shopify:' || _account || ':' || id as shopify_customer_key,
        "displayName" as name,
        {{ normal_email('"defaultEmailAddress__emailAddress"') }} as email,
        "defaultPhoneNumber__phoneNumber" as phone,
        "defaultAddress__countryCodeV2" as country,
        "createdAt" as created_at
    from customers

)

select * from renamed
