{{ config(unique_key=['response_key']) }}

with

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

final as (

    select
        response_key,
        source,
        form_id,
        question,
        customer_key,
        metric,
        metric_variant,
        scale_min,
        scale_max,
        direction,
        score,
        bucket,
        sent_at,
        responded_at,
        business_date,
        {{ masked_text('comment') }} as comment,
        channel,
        order_key,
        ticket_key
    from responses

)

select * from final
