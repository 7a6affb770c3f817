with

responses as (

    select * from {{ ref('int_survey_responses__components') }}

),

-- Who answers without saying who they are cannot be recognised again, and is a customer of their own.
customers as (

    select
        metric_variant,
        coalesce(customer_key, response_key) as customer_key,
        response_key,
        source,
        responded_at,
        business_date,
        positives,
        negatives
    from responses
    where metric_variant in ('nps', 'csat_top2', 'ces_agree')

),

-- The latest answer in a segment is the latest of those in the segment.
segmented as (

    select
        customers.*,
        segment.segment_name,
        segment.segment_value
    from customers
    cross join lateral ({{ segments('customers', ['source']) }}) as segment (segment_name, segment_value)

),

final as (

    select
        metric_variant || '_latest_per_customer' as metric_variant,
        segment_name,
        segment_value,
        customer_key,
        response_key,
        responded_at,
        business_date,
        lead(business_date) over (
            partition by metric_variant, segment_name, segment_value, customer_key
            order by responded_at, response_key
        ) as next_business_date,
        positives,
        negatives
    from segmented

)

select * from final
