with

answers as (

    select * from {{ source('raw', 'delighted__survey_responses__additional_answers') }}

),

renamed as (

    select
        'delighted:' || _account || ':' || _parent_key as response_key,
        _position as position_in_response,
        question__id as question_id,
        question__type as question_type,
        question__text as question,
        coalesce(value__free_response, value__select_one__text) as answer_text,
        value__select_many as answer_choices,
        value__scale as answer_number
    from answers

)

select * from renamed
