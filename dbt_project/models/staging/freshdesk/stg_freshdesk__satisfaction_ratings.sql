with

satisfaction_ratings as (

    select * from {{ source('raw', 'freshdesk__satisfaction_ratings') }}

),

renamed as (

    select
        'freshdesk:' || _account || ':' || id as rating_key,
        'freshdesk:' || _account || ':' || ticket_id as ticket_key,
        'freshdesk:' || _account || ':' || user_id as requester_key,
        'freshdesk:' || _account || ':' || agent_id as assignee_key,
        'freshdesk:' || _account || ':' || survey_id as survey_key,
        ratings__default_question as rating,
        case
            when ratings__default_question > 100 then 'happy'
            when ratings__default_question = 100 then 'neutral'
            when ratings__default_question < 0 then 'unhappy'
        end as mood,
        feedback as comment,
        _deleted_at is not null as is_deleted,
        created_at,
        updated_at
    from satisfaction_ratings

)

select * from renamed
