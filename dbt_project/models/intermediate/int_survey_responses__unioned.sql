with

asknicely_responses as (

    select * from {{ ref('stg_asknicely__responses') }}

),

typeform_responses as (

    select * from {{ ref('stg_typeform__responses') }}

),

questions as (

    select * from {{ ref('int_survey_responses__questions') }}

),

ratings as (

    select * from {{ ref('int_survey_responses__latest_ratings') }}

),

tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

unioned as (

    select
        response_key,
        response_key as identity_key,
        'asknicely' as source,
        '*' as form_id,
        question,
        cast(answer as numeric) as answer,
        comment,
        channel,
        order_reference,
        ticket_reference,
        cast(null as text) as rated_ticket_key,
        sent_at,
        responded_at
    from asknicely_responses
    where not is_deleted
    union all
    -- One form may ask several things: each declared question is a response of its own.
    select
        typeform_responses.response_key || coalesce(':' || questions.question, '') as response_key,
        typeform_responses.response_key as identity_key,
        'typeform' as source,
        typeform_responses.form_id,
        questions.question,
        questions.answer,
        questions.comment,
        typeform_responses.channel,
        typeform_responses.order_reference,
        typeform_responses.ticket_reference,
        cast(null as text) as rated_ticket_key,
        cast(null as timestamptz) as sent_at,
        typeform_responses.submitted_at as responded_at
    from typeform_responses
    inner join questions on typeform_responses.response_key = questions.response_key
    where not typeform_responses.is_deleted
    union all
    select
        ratings.rating_key as response_key,
        ratings.requester_key as identity_key,
        'zendesk' as source,
        '*' as form_id,
        'satisfaction_rating' as question,
        cast(ratings.score as numeric) as answer,
        ratings.comment,
        tickets.channel,
        cast(null as text) as order_reference,
        cast(null as text) as ticket_reference,
        ratings.ticket_key as rated_ticket_key,
        ratings.created_at as sent_at,
        case when ratings.score is not null then ratings.updated_at end as responded_at
    from ratings
    left join tickets on ratings.ticket_key = tickets.ticket_key

)

select * from unioned
