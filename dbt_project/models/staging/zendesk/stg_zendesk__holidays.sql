with

holidays as (

    select * from {{ source('raw', 'zendesk__holidays') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as holiday_key,
        'zendesk:' || _account || ':' || schedule_id as schedule_key,
        name,
        start_date,
        end_date,
        _deleted_at is not null as is_deleted
    from holidays

)

select * from renamed
