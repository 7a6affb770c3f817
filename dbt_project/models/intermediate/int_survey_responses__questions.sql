with

forms as (

    select * from {{ ref('int_survey_responses__forms') }}

),

answers as (

    select * from {{ ref('int_survey_responses__form_answers') }}

),

metric_declarations as (

    select * from {{ source('ops', 'metric_declarations') }}

),

-- Several numbers to one question, as a matrix gives, are no answer to it unless they agree.
scores as (

    select
        response_key,
        question,
        case when min(answer_number) = max(answer_number) then max(answer_number) end as answer
    from answers
    group by response_key, question

),

-- A question declared for a form was asked of everybody who filled it in; one declared for every form only of
-- those whose answers hold it.
asked as (

    select
        forms.response_key,
        metric_declarations.field_ref as question
    from forms
    inner join metric_declarations
        on forms.source = metric_declarations.source and forms.form_id = metric_declarations.form_id
    union
    select
        forms.response_key,
        scores.question
    from forms
    inner join scores on forms.response_key = scores.response_key
    inner join metric_declarations
        on
            forms.source = metric_declarations.source
            and scores.question = metric_declarations.field_ref
            and metric_declarations.form_id = '*'

),

comments as (

    select
        response_key,
        string_agg(comment_text, ' ' order by position_in_response) as comment
    from answers
    where comment_text is not null
    group by response_key

),

joined as (

    select
        forms.response_key,
        forms.form_id,
        asked.question,
        scores.answer,
        comments.comment
    from forms
    left join asked on forms.response_key = asked.response_key
    left join scores
        on forms.response_key = scores.response_key and asked.question = scores.question
    left join comments on forms.response_key = comments.response_key

)

select * from joined
