with

legacy_ratings as (

    select * from {{ ref('stg_zendesk__satisfaction_ratings') }}

),

survey_responses as (

    select * from {{ ref('stg_zendesk__survey_responses') }}

),

assignments as (

    select * from {{ ref('stg_zendesk__ticket_assignments') }}

),

freshdesk_ratings as (

    select * from {{ ref('stg_freshdesk__satisfaction_ratings') }}

),

gorgias_surveys as (

    select * from {{ ref('stg_gorgias__satisfaction_surveys') }}

),

gorgias_tickets as (

    select * from {{ ref('stg_gorgias__tickets') }}

),

answered_surveys as (

    select *
    from survey_responses
    where rating is not null and ticket_key is not null and not is_deleted

),

-- Who had the ticket when its survey was answered, by the events: the response itself names nobody.
survey_assignees as (

    select
        answered_surveys.response_key,
        assignments.assignee_key,
        row_number() over (
            partition by answered_surveys.response_key
            order by assignments.created_at desc, assignments.event_id desc, assignments.position_in_event desc
        ) as recency
    from answered_surveys
    inner join assignments
        on answered_surveys.ticket_key = assignments.ticket_key
            and answered_surveys.rated_at >= assignments.created_at

),

unioned as (

    select
        rating_key,
        ticket_key,
        score,
        0 as scale_min,
        1 as scale_max,
        assignee_key as agent_key,
        updated_at as rated_at
    from legacy_ratings
    where score is not null and not is_deleted
    union all
    select
        answered_surveys.response_key as rating_key,
        answered_surveys.ticket_key,
        cast(answered_surveys.rating as integer) as score,
        1 as scale_min,
        5 as scale_max,
        survey_assignees.assignee_key as agent_key,
        answered_surveys.rated_at
    from answered_surveys
    left join survey_assignees
        on answered_surveys.response_key = survey_assignees.response_key and survey_assignees.recency = 1
    union all
    select
        rating_key,
        ticket_key,
        case mood when 'unhappy' then 1 when 'neutral' then 2 when 'happy' then 3 end as score,
        1 as scale_min,
        3 as scale_max,
        assignee_key as agent_key,
        updated_at as rated_at
    from freshdesk_ratings
    where mood is not null and not is_deleted
    union all
    -- Gorgias keeps no history of who had a ticket.
    select
        gorgias_surveys.survey_key as rating_key,
        gorgias_surveys.ticket_key,
        gorgias_surveys.score,
        1 as scale_min,
        5 as scale_max,
        gorgias_tickets.assignee_key as agent_key,
        gorgias_surveys.responded_at as rated_at
    from gorgias_surveys
    left join gorgias_tickets on gorgias_surveys.ticket_key = gorgias_tickets.ticket_key
    where gorgias_surveys.score is not null and not gorgias_surveys.is_deleted

),

-- Rule `superseded_rating`: of several ratings of a ticket the latest counts.
ranked as (

    select
        *,
        row_number() over (partition by ticket_key order by rated_at desc, rating_key desc) as recency
    from unioned

),

final as (

    select
        ticket_key,
        rating_key,
        score,
        scale_min,
        scale_max,
        case
            when 2 * score = scale_min + scale_max then 'neutral'
            when 2 * score > scale_min + scale_max then 'satisfied'
            else 'dissatisfied'
        end as bucket,
        agent_key,
        rated_at
    from ranked
    where recency = 1

)

select * from final
