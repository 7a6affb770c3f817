with

responses as (

    select * from {{ ref('int_survey_responses__unioned') }}

),

hashed as (

    select
        {{ text_hash('comment') }} as comment_hash,
        comment
    from responses
    where {{ has_text('comment') }}

),

comments as (

    select
        comment_hash,
        min(comment) as comment
    from hashed
    group by comment_hash

)

select * from comments
