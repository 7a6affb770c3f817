with

survey_responses_answers as (

    select * from {{ source('raw', 'zendesk__survey_responses__answers') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || _parent_key || ':' || _position as answer_key,
        'zendesk:' || _account || ':' || _parent_key as response_key,
        question__id as question_id,
        question__sub_type = 'customer_satisfaction' as is_rating_question,
        type as answer_type,
        rating,
        rating_category,
        case when type = 'open_ended' then value end as comment,
        created_at as answered_at,
        updated_at
    from survey_responses_answers

)

select * from renamed
