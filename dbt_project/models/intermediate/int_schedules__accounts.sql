with

schedules as (

    select * from {{ ref('stg_zendesk__schedules') }}

),

ranked as (

    select
        account_key,
        schedule_key,
        row_number() over (partition by account_key order by created_at, schedule_key) as seniority
    from schedules
    where not is_deleted

),

oldest as (

    select
        account_key,
        schedule_key
    from ranked
    where seniority = 1

)

select * from oldest
