with

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

identities as (

    select * from {{ ref('int_customers__identities') }}

),

-- In force at the midnights that begin these months: from the first on or after its first day, until the first after
-- its last. Rule `deleted_subscription`: the billing system took it back.
terms as (

    select
        subscriptions.subscription_key,
        identities.customer_key,
        subscriptions.plan,
        subscriptions.currency,
        subscriptions.started_on,
        subscriptions.ended_on,
        subscriptions.monthly_amount,
        {{ month_after('subscriptions.started_on - 1') }} as from_month,
        {{ month_after('subscriptions.ended_on') }} as until_month
    from subscriptions
    inner join identities on subscriptions.billing_customer_key = identities.identity_key
    where not subscriptions.is_deleted
        and subscriptions.started_on <= {{ as_of_date() }}

)

select * from terms
