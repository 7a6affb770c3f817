with

satisfaction_ratings as (

    select * from {{ source('raw', 'zendesk__satisfaction_ratings') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as rating_key,
        'zendesk:' || _account || ':' || ticket_id as ticket_key,
        'zendesk:' || _account || ':' || requester_id as requester_key,
        'zendesk:' || _account || ':' || assignee_id as assignee_key,
        score as rating,
        comment,
        case
            when score like 'good%' then 1
            when score like 'bad%' then 0
        end as score,
        _deleted_at is not null as is_deleted,
        created_at,
        updated_at
    from satisfaction_ratings

)

select * from renamed
