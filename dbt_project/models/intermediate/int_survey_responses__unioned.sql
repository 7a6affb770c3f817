with

single_questions as (

    select * from {{ ref('int_survey_responses__single_questions') }}

),

forms as (

    select * from {{ ref('int_survey_responses__forms') }}

),

questions as (

    select * from {{ ref('int_survey_responses__questions') }}

),

ratings as (

    select * from {{ ref('int_survey_responses__ratings') }}

),

-- submission_key is what was sent or filled in as a whole; its answers are responses.
unioned as (

    select
        response_key,
        response_key as submission_key,
        response_key as identity_key,
        source,
        '*' as form_id,
        question,
        cast(answer as numeric) as answer,
        comment,
        channel,
        order_reference,
        ticket_reference,
        cast(null as text) as rated_ticket_key,
        cast(null as text) as rated_agent_key,
        sent_at,
        responded_at
    from single_questions
    union all
    -- One form may ask several things: each declared question is a response of its own.
    select
        forms.response_key || coalesce(':' || questions.question, '') as response_key,
        forms.response_key as submission_key,
        forms.response_key as identity_key,
        forms.source,
        forms.form_id,
        questions.question,
        questions.answer,
        questions.comment,
        forms.channel,
        forms.order_reference,
        forms.ticket_reference,
        cast(null as text) as rated_ticket_key,
        cast(null as text) as rated_agent_key,
        cast(null as timestamptz) as sent_at,
        forms.responded_at
    from forms
    inner join questions on forms.response_key = questions.response_key
    union all
    select
        response_key,
        response_key as submission_key,
        identity_key,
        source,
        form_id,
        question,
        answer,
        comment,
        channel,
        cast(null as text) as order_reference,
        cast(null as text) as ticket_reference,
        rated_ticket_key,
        rated_agent_key,
        sent_at,
        responded_at
    from ratings

)

select * from unioned
