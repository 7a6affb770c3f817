with

answers as (

    select * from {{ source('raw', 'surveymonkey__responses__answers') }}

),

responses as (

    select * from {{ ref('stg_surveymonkey__responses') }}

),

choices as (

    select * from {{ ref('stg_surveymonkey__choices') }}

),

-- An answer names choices by id; what they said is what they said when the response was begun.
joined as (

    select
        responses.response_key,
        responses.survey_key,
        answers._position as position_in_response,
        answers.question_id as question,
        chosen.text as choice_text,
        matrix_rows.text as row_text,
        matrix_columns.text as column_text,
        nullif(trim(answers.text), '') as answer_text,
        answers.weight as answer_weight
    from answers
    inner join responses
        on responses.response_key = 'surveymonkey:' || answers._account || ':' || answers._parent_key
    left join choices as chosen
        on
            chosen.survey_key = responses.survey_key
            and chosen.choice_id = coalesce(answers.choice_id, answers.other_id)
            and chosen.in_force_from <= responses.created_at
            and chosen.in_force_until > responses.created_at
    left join choices as matrix_rows
        on
            matrix_rows.survey_key = responses.survey_key
            and matrix_rows.choice_id = answers.row_id
            and matrix_rows.in_force_from <= responses.created_at
            and matrix_rows.in_force_until > responses.created_at
    left join choices as matrix_columns
        on
            matrix_columns.survey_key = responses.survey_key
            and matrix_columns.choice_id = answers.col_id
            and matrix_columns.in_force_from <= responses.created_at
            and matrix_columns.in_force_until > responses.created_at

),

scored as (

    select
        response_key || ':' || position_in_response as answer_key,
        joined.*,
        case
            when choice_text ~ '^[0-9]{1,3}$' then cast(choice_text as numeric)
            when choice_text is null and answer_text ~ '^[0-9]{1,3}$' then cast(answer_text as numeric)
        end as answer_number
    from joined

)

select * from scored
