with

zendesk_ratings as (

    select * from {{ ref('int_survey_responses__latest_ratings') }}

),

zendesk_surveys as (

    select * from {{ ref('stg_zendesk__survey_responses') }}

),

zendesk_tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

freshdesk_ratings as (

    select * from {{ ref('stg_freshdesk__satisfaction_ratings') }}

),

freshdesk_tickets as (

    select * from {{ ref('stg_freshdesk__tickets') }}

),

gorgias_surveys as (

    select * from {{ ref('stg_gorgias__satisfaction_surveys') }}

),

gorgias_tickets as (

    select * from {{ ref('stg_gorgias__tickets') }}

),

-- rated_agent_key is who had the ticket when it was rated, where the helpdesk says so.
unioned as (

    select
        ratings.rating_key as response_key,
        ratings.requester_key as identity_key,
        'zendesk' as source,
        '*' as form_id,
        'satisfaction_rating' as question,
        cast(ratings.score as numeric) as answer,
        ratings.comment,
        tickets.channel,
        ratings.ticket_key as rated_ticket_key,
        ratings.assignee_key as rated_agent_key,
        ratings.created_at as sent_at,
        case when ratings.score is not null then ratings.updated_at end as responded_at
    from zendesk_ratings as ratings
    left join zendesk_tickets as tickets on ratings.ticket_key = tickets.ticket_key
    union all
    select
        surveys.response_key,
        surveys.responder_key as identity_key,
        'zendesk' as source,
        surveys.survey_id as form_id,
        'customer_satisfaction' as question,
        cast(surveys.rating as numeric) as answer,
        surveys.comment,
        tickets.channel,
        surveys.ticket_key as rated_ticket_key,
        cast(null as text) as rated_agent_key,
        surveys.offered_at as sent_at,
        surveys.rated_at as responded_at
    from zendesk_surveys as surveys
    left join zendesk_tickets as tickets on surveys.ticket_key = tickets.ticket_key
    where not surveys.is_deleted
    union all
    -- Its points are 3, 5 or 7 and differ between surveys; its moods are three in all of them.
    select
        ratings.rating_key as response_key,
        ratings.requester_key as identity_key,
        'freshdesk' as source,
        split_part(ratings.survey_key, ':', 3) as form_id,
        'satisfaction_rating' as question,
        cast(
            case ratings.mood when 'happy' then 3 when 'neutral' then 2 when 'unhappy' then 1 end as numeric
        ) as answer,
        ratings.comment,
        tickets.channel,
        ratings.ticket_key as rated_ticket_key,
        ratings.assignee_key as rated_agent_key,
        cast(null as timestamptz) as sent_at,
        ratings.updated_at as responded_at
    from freshdesk_ratings as ratings
    left join freshdesk_tickets as tickets on ratings.ticket_key = tickets.ticket_key
    where not ratings.is_deleted
    union all
    -- Rule `unsent_survey`: one is made when a ticket closes and sent later; until then nobody was asked.
    select
        surveys.survey_key as response_key,
        surveys.customer_key as identity_key,
        'gorgias' as source,
        '*' as form_id,
        'satisfaction_survey' as question,
        cast(surveys.score as numeric) as answer,
        surveys.comment,
        tickets.channel,
        surveys.ticket_key as rated_ticket_key,
        cast(null as text) as rated_agent_key,
        surveys.sent_at,
        surveys.responded_at
    from gorgias_surveys as surveys
    left join gorgias_tickets as tickets on surveys.ticket_key = tickets.ticket_key
    where not surveys.is_deleted and coalesce(surveys.sent_at, surveys.responded_at) is not null

)

select * from unioned
