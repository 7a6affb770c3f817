with

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

comments as (

    select * from {{ ref('int_survey_responses__comments') }}

),

judgements as (

    select * from {{ source('inference', 'comments') }}

),

judged as (

    select
        comments.comment,
        judgements.*
    from comments
    left join judgements on comments.comment_hash = judgements.comment_hash

),

joined as (

    select
        responses.response_key,
        responses.customer_key,
        responses.business_date,
        responses.responded_at,
        responses.source,
        responses.channel,
        responses.question,
        responses.metric,
        responses.score,
        responses.outcome,
        responses.bucket,
        -- Where the score lies on its own scale, 100 the best: what makes scores of several scales comparable.
        cast(
            100.0 * case
                when responses.direction = 'low_is_good' then responses.scale_max - responses.score
                else responses.score - responses.scale_min
            end / nullif(responses.scale_max - responses.scale_min, 0)
            as numeric(20, 6)
        ) as scaled_score,
        judged.language,
        judged.script,
        judged.language_confidence,
        judged.sentiment,
        judged.sentiment_score,
        judged.positive_words,
        judged.negative_words,
        judged.themes,
        judged.matched_words,
        judged.model_version,
        judged.comment_hash,
        responses.comment,
        responses.order_key,
        responses.ticket_key
    from responses
    inner join judged on responses.comment = judged.comment

)

select * from joined
