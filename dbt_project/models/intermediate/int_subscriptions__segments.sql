{#- A past month keeps what was in force then: a change of plan moves the customer from that month on. -#}

with

terms as (

    select * from {{ ref('int_subscriptions__terms') }}

),

attributes as (

    select * from {{ ref('stg_billing__subscription_attributes') }}

),

profiles as (

    select * from {{ ref('int_customers__profiles') }}

),

customers as (

    select
        terms.customer_key,
        coalesce(max(profiles.country), 'unknown') as country,
        cast(date_trunc('month', cast(min(terms.started_on) as timestamp)) as date) as first_month,
        min(terms.from_month) as from_month
    from terms
    left join profiles on terms.customer_key = profiles.customer_key
    group by terms.customer_key

),

lasting as (

    select
        customers.customer_key,
        segment.segment_name,
        segment.segment_value,
        customers.from_month,
        cast(null as date) as until_month
    from customers
    cross join lateral ({{ segments('customers', ['country', 'first_month']) }})
        as segment (segment_name, segment_value)

),

changing as (

    select subscription_key, 'plan' as segment_name, coalesce(plan, 'unknown') as segment_value
    from terms
    union all
    select subscription_key, 'currency' as segment_name, coalesce(currency, 'unknown') as segment_value
    from terms
    union all
    -- An attribute cannot take the name of a segment that is made of something else.
    select subscription_key, attribute_name as segment_name, coalesce(attribute_value, 'unknown') as segment_value
    from attributes
    where attribute_name not in ('all', 'country', 'first_month', 'tenure_band', 'plan', 'currency')

),

-- Until the next subscription begins; of several that begin in one month the last one stands.
following as (

    select
        terms.customer_key,
        changing.segment_name,
        changing.segment_value,
        terms.from_month,
        lead(terms.from_month) over (
            partition by terms.customer_key, changing.segment_name
            order by terms.from_month, terms.started_on, terms.subscription_key
        ) as until_month
    from changing
    inner join terms on changing.subscription_key = terms.subscription_key

),

unioned as (

    select * from lasting
    union all
    select * from following
    where until_month is null or until_month > from_month

)

select * from unioned
