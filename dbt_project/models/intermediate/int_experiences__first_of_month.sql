with

order_experiences as (

    select * from {{ ref('int_experiences__orders') }}

),

ticket_experiences as (

    select * from {{ ref('int_experiences__tickets') }}

),

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

buckets as (

    select * from {{ ref('experience_buckets') }}

),

experiences as (

    select * from order_experiences
    union all
    select * from ticket_experiences
    union all
    select
        customer_key,
        'nps_score' as experience_event,
        responded_at as occurred_at,
        outcome as value,
        response_key as reference_key
    from responses
    where metric = 'nps' and outcome is not null and customer_key is not null

),

dated as (

    select
        *,
        {{ business_date('occurred_at') }} as experience_date,
        cast(date_trunc('month', cast({{ business_date('occurred_at') }} as timestamp)) as date) as cohort_month
    from experiences
    -- Not every helpdesk tells of reopens: what is not known is no experience to sort.
    where value is not null

),

-- Each customer counts once per kind and month, by the first: rates are of customers, who are independent, and which of
-- several is taken does not depend on what came after.
ranked as (

    select
        *,
        row_number() over (
            partition by customer_key, experience_event, cohort_month order by occurred_at, reference_key
        ) as experience_number
    from dated
    where experience_date <= {{ as_of_date() }}

),

final as (

    select
        ranked.customer_key,
        ranked.experience_event,
        buckets.bucket,
        buckets.is_reference,
        ranked.cohort_month,
        ranked.occurred_at,
        ranked.experience_date,
        ranked.reference_key
    from ranked
    left join buckets
        on ranked.experience_event = buckets.experience_event
            and buckets.above_value < ranked.value
            and buckets.up_to_value >= ranked.value
    where ranked.experience_number = 1

)

select * from final
