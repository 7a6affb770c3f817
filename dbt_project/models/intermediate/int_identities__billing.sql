with

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

-- The newest subscription says how its customer is reached now.
customers as (

    select
        billing_customer_key as identity_key,
        'billing' as source,
        'subscription' as origin,
        cast(null as text) as person_id,
        (
            array_agg(email order by started_on desc, subscription_key desc) filter (where email is not null)
        )[1] as email,
        cast(null as text) as name,
        cast(null as text) as phone,
        cast(null as text) as country,
        {{ local_midnight('min(started_on)') }} as seen_at
    from subscriptions
    group by billing_customer_key

)

select * from customers
