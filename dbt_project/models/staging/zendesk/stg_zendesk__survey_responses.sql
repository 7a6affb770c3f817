with

survey_responses as (

    select * from {{ source('raw', 'zendesk__survey_responses') }}

),

-- A response may be about a request and a conversation too.
subjects as (

    select
        _account,
        _parent_key,
        min(split_part(zrn, ':', 3)) as ticket_id
    from {{ source('raw', 'zendesk__survey_responses__subjects') }}
    where type = 'ticket'
    group by _account, _parent_key

),

answers as (

    select
        response_key,
        max(rating) filter (where is_rating_question) as rating,
        max(rating_category) filter (where is_rating_question) as rating_category,
        max(comment) as comment,
        max(updated_at) filter (where is_rating_question) as rated_at
    from {{ ref('stg_zendesk__survey_answers') }}
    group by response_key

),

-- A survey says only when it expires; its ticket's events say when it was offered.
offers as (

    select
        child_events._account,
        child_events.survey_response_id,
        min(ticket_events.created_at) as offered_at
    from {{ source('raw', 'zendesk__ticket_events__child_events') }} as child_events
    inner join {{ ref('stg_zendesk__ticket_events') }} as ticket_events
        on ticket_events.event_key = 'zendesk:' || child_events._account || ':' || child_events._parent_key
    where child_events.event_type = 'SurveyOffered'
    group by child_events._account, child_events.survey_response_id

),

joined as (

    select
        'zendesk:' || survey_responses._account || ':' || survey_responses.id as response_key,
        'zendesk:' || survey_responses._account || ':' || subjects.ticket_id as ticket_key,
        'zendesk:' || survey_responses._account || ':' || survey_responses.responder_id as responder_key,
        survey_responses.survey__id as survey_id,
        answers.rating,
        answers.rating_category,
        answers.comment,
        offers.offered_at,
        answers.rated_at,
        survey_responses.expires_at,
        survey_responses._deleted_at is not null as is_deleted
    from survey_responses
    left join subjects
        on
            survey_responses._account = subjects._account
            and survey_responses.id = subjects._parent_key
    left join offers
        on
            survey_responses._account = offers._account
            and survey_responses.id = offers.survey_response_id
    left join answers
        on answers.response_key = 'zendesk:' || survey_responses._account || ':' || survey_responses.id

)

select * from joined
