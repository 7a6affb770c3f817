with

responses as (

    select * from {{ ref('stg_typeform__responses') }}

),

answers as (

    select * from {{ ref('stg_typeform__answers') }}

),

metric_declarations as (

    select * from {{ source('ops', 'metric_declarations') }}

),

declared as (

    select form_id, field_ref
    from metric_declarations
    where source = 'typeform'

),

-- A question declared for a form was asked of everybody who filled it in; one declared for every form only of
-- those whose answers hold it.
asked as (

    select responses.response_key, declared.field_ref as question
    from responses
    inner join declared on responses.form_id = declared.form_id
    union
    select answers.response_key, answers.question
    from answers
    inner join declared on answers.question = declared.field_ref and declared.form_id = '*'

),

scores as (

    select
        response_key,
        question,
        max(answer_number) as answer
    from answers
    group by response_key, question

),

comments as (

    select
        response_key,
        string_agg(answer_text, ' ' order by position_in_response) as comment
    from answers
    where answer_type = 'text' and trim(answer_text) <> ''
    group by response_key

),

joined as (

    select
        responses.response_key,
        responses.form_id,
        asked.question,
        scores.answer,
        comments.comment
    from responses
    left join asked on responses.response_key = asked.response_key
    left join scores
        on responses.response_key = scores.response_key and asked.question = scores.question
    left join comments on responses.response_key = comments.response_key

)

select * from joined
