with

schedules as (

    select * from {{ source('raw', 'zendesk__schedules') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as schedule_key,
        'zendesk:' || _account as account_key,
        name,
        -- The vendor's own name, no IANA zone: "Eastern Time (US & Canada)".
        time_zone as vendor_time_zone,
        _deleted_at is not null as is_deleted,
        created_at,
        updated_at
    from schedules

)

select * from renamed
