with

satisfaction_ratings as (

    select * from {{ ref('stg_zendesk__satisfaction_ratings') }}

),

-- Rule `superseded_rating`: of several ratings of a ticket the latest answered one counts.
ranked as (

    select
        *,
        row_number() over (
            partition by ticket_key
            order by case when score is null then 1 else 0 end, updated_at desc, rating_key desc
        ) as recency
    from satisfaction_ratings
    where not is_deleted

),

latest as (

    select
        rating_key,
        ticket_key,
        requester_key,
        assignee_key,
        comment,
        score,
        created_at,
        updated_at
    from ranked
    where recency = 1

)

select * from latest
