with

rating_answers as (

    select * from {{ source('raw', 'freshdesk__rating_answers') }}

),

renamed as (

    select
        'freshdesk:' || _account || ':' || rating_id || ':' || question as answer_key,
        'freshdesk:' || _account || ':' || rating_id as rating_key,
        question,
        answer
    from rating_answers

)

select * from renamed
