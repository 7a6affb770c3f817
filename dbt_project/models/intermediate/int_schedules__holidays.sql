with

holidays as (

    select * from {{ ref('stg_zendesk__holidays') }}

),

declared as (

    select * from {{ source('ops', 'business_holidays') }}

),

-- A holiday may last several days, its last one included.
unioned as (

    select
        holidays.schedule_key,
        calendar.day
    from holidays
    cross join lateral ({{ days('holidays.start_date', 'holidays.end_date') }}) as calendar
    where not holidays.is_deleted
    union all
    select
        'default' as schedule_key,
        day
    from declared

),

final as (

    select distinct
        schedule_key,
        day
    from unioned

)

select * from final
