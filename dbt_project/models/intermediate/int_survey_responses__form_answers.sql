with

typeform_answers as (

    select * from {{ ref('stg_typeform__answers') }}

),

surveymonkey_answers as (

    select * from {{ ref('stg_surveymonkey__answers') }}

),

qualtrics_answers as (

    select * from {{ ref('stg_qualtrics__answers') }}

),

-- comment_text is what a person wrote in words of their own, and null for all else.
unioned as (

    select
        response_key,
        position_in_response,
        question,
        answer_number,
        case when answer_type = 'text' then answer_text end as comment_text
    from typeform_answers
    union all
    select
        response_key,
        position_in_response,
        question,
        answer_number,
        case when answer_number is null then answer_text end as comment_text
    from surveymonkey_answers
    union all
    -- Embedded data stands among the answers; a text box's name ends in _TEXT.
    select
        response_key,
        position_in_response,
        question,
        answer_number,
        case when right(question, 5) = '_TEXT' then answer_text end as comment_text
    from qualtrics_answers

)

select * from unioned
