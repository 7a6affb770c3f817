with

conversions as (

    select * from {{ source('raw', 'ga4__channel_conversions') }}

),

renamed as (

    select
        'ga4:' || _account || ':' || date || ':' || "sessionDefaultChannelGroup" as channel_day_key,
        -- A date in the property's own zone.
        date as property_date,
        "timeZone" as property_time_zone,
        "sessionDefaultChannelGroup" as channel,
        sessions as converted_sessions,
        "subjectToThresholding" as is_thresholded,
        "dataLossFromOtherRow" as has_other_row,
        "samplesReadCount" as samples_read,
        "samplingSpaceSize" as samples_available,
        -- Hidden by the vendor since, or moved to another row as the date settled.
        _deleted_at is not null as is_deleted
    from conversions

)

select * from renamed
