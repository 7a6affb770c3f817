{{ config(materialized='ephemeral') }}

with

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

checkouts as (

    select * from {{ ref('stg_shopify__abandoned_checkouts') }}

),

identities as (

    select * from {{ ref('int_customers__identities') }}

),

-- A survey that was sent and not answered is no contact of the customer's.
contacts as (

    select
        'survey' as touchpoint,
        coalesce(bucket, 'unscored') as signal,
        cast(0 as numeric) as minutes,
        customer_key,
        responded_at as occurred_at,
        source,
        channel,
        response_key as reference_key
    from responses
    where customer_key is not null and responded_at is not null
    union all
    select
        'web' as touchpoint,
        case when checkouts.is_recovered then 'recovered' else 'abandoned' end as signal,
        cast(0 as numeric) as minutes,
        identities.customer_key,
        checkouts.created_at as occurred_at,
        'shopify' as source,
        cast(null as text) as channel,
        checkouts.checkout_key as reference_key
    from checkouts
    inner join identities on checkouts.shopify_customer_key = identities.identity_key
    where checkouts.created_at is not null

)

select * from contacts
