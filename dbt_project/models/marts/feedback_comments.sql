{{ config(unique_key=['response_key']) }}

with

comments as (

    select * from {{ ref('int_feedback__comments') }}

),

final as (

    select
        response_key,
        customer_key,
        business_date,
        source,
        channel,
        question,
        metric,
        score,
        bucket,
        language,
        script,
        language_confidence,
        sentiment,
        sentiment_score,
        themes,
        matched_words,
        positive_words,
        negative_words,
        model_version,
        {{ masked_text('comment') }} as comment,
        order_key,
        ticket_key
    from comments

)

select * from final
