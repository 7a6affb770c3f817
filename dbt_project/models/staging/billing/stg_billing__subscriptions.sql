with

subscriptions as (

    select * from {{ source('raw', 'billing__subscriptions') }}

),

renamed as (

    select
        'billing:' || _account || ':' || subscription_id as subscription_key,
        'billing:' || _account || ':customer:' || customer_id as billing_customer_key,
        {{ normal_email('customer_email') }} as email,
        nullif(trim(plan), '') as plan,
        started_on,
        ended_on,
        monthly_amount,
        upper(nullif(trim(currency), '')) as currency,
        _deleted_at is not null as is_deleted
    from subscriptions

)

select * from renamed
