with

schedules_intervals as (

    select * from {{ source('raw', 'zendesk__schedules__intervals') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || _parent_key || ':' || _position as interval_key,
        'zendesk:' || _account || ':' || _parent_key as schedule_key,
        -- Minutes since Sunday midnight, in the schedule's own time zone.
        start_time as start_minute_of_week,
        end_time as end_minute_of_week
    from schedules_intervals

)

select * from renamed
