with

order_days as (

    select * from {{ ref('int_customers__order_days') }}

),

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

terms as (

    select * from {{ ref('int_subscriptions__terms') }}

),

contacts as (

    select customer_key
    from order_days
    union
    select customer_key
    from terms
    union
    select customer_key
    from tickets
    where exclusion_reason is null and customer_key is not null and business_date <= {{ as_of_date() }}
    union
    select customer_key
    from responses
    where score is not null and customer_key is not null and business_date <= {{ as_of_date() }}

)

select * from contacts
