with

typeform_responses as (

    select * from {{ ref('stg_typeform__responses') }}

),

surveymonkey_responses as (

    select * from {{ ref('stg_surveymonkey__responses') }}

),

qualtrics_responses as (

    select * from {{ ref('stg_qualtrics__responses') }}

),

-- Rules `deleted_response`, `unfinished_response` and `trial_response`: what was taken back, what may yet change, and
-- what the makers of a survey filled in to try it are no answers.
unioned as (

    select
        response_key,
        'typeform' as source,
        form_id,
        channel,
        order_reference,
        ticket_reference,
        submitted_at as responded_at
    from typeform_responses
    where not is_deleted
    union all
    -- Completing or correcting a response moves it: the answer in force counts, when it was given.
    select
        response_key,
        'surveymonkey' as source,
        survey_id as form_id,
        channel,
        order_reference,
        ticket_reference,
        coalesce(last_modified_at, created_at) as responded_at
    from surveymonkey_responses
    where not is_deleted and status = 'completed'
    union all
    -- Only the survey's owner can edit a recorded response, so it stays where it was recorded.
    select
        response_key,
        'qualtrics' as source,
        survey_id as form_id,
        channel,
        order_reference,
        ticket_reference,
        recorded_at as responded_at
    from qualtrics_responses
    where
        not is_deleted
        and is_finished
        and lower(coalesce(kind, '')) not in ('survey preview', 'survey test', 'spam')

)

select * from unioned
