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
        locale,
        "numberOfOrders" as orders_count,
        "amountSpent__amount" as amount_spent,
        "defaultEmailAddress__marketingState" as email_consent,
        "defaultEmailAddress__marketingUpdatedAt" as email_consent_at,
        "defaultPhoneNumber__smsMarketingConsent__state" as sms_consent,
        _deleted_at is not null as is_deleted,
        "createdAt" as created_at
    from customers

)

select * from renamed
