with

schedules as (

    select * from {{ ref('stg_zendesk__schedules') }}

),

intervals as (

    select * from {{ ref('stg_zendesk__schedule_intervals') }}

),

vendor_time_zones as (

    select * from {{ ref('vendor_time_zones') }}

),

declared as (

    select * from {{ source('ops', 'business_hours') }}

),

unioned as (

    select
        schedules.schedule_key,
        coalesce(vendor_time_zones.time_zone, '{{ var("time_zone") }}') as time_zone,
        intervals.start_minute_of_week,
        intervals.end_minute_of_week
    from schedules
    inner join intervals on schedules.schedule_key = intervals.schedule_key
    left join vendor_time_zones on schedules.vendor_time_zone = vendor_time_zones.vendor_name
    where not schedules.is_deleted
    union all
    select
        'default' as schedule_key,
        time_zone,
        start_minute_of_week,
        end_minute_of_week
    from declared

)

select * from unioned
