with

channel_days as (

    select * from {{ ref('stg_ga4__channel_days') }}

),

conversions as (

    select * from {{ ref('stg_ga4__channel_conversions') }}

),

-- The date is the property's own: sums of its days cannot be cut anew at the business's midnight.
joined as (

    select
        channel_days.property_date as business_date,
        'ga4' as source,
        channel_days.channel,
        channel_days.property_time_zone,
        channel_days.sessions,
        channel_days.engaged_sessions,
        least(coalesce(conversions.converted_sessions, 0), channel_days.sessions) as converted_sessions,
        channel_days.key_events,
        channel_days.page_views,
        channel_days.is_thresholded or channel_days.has_other_row
        or coalesce(channel_days.samples_read < channel_days.samples_available, false) as is_partial
    from channel_days
    left join conversions
        on channel_days.channel_day_key = conversions.channel_day_key and not conversions.is_deleted
    where not channel_days.is_deleted and channel_days.property_date <= {{ as_of_date() }}

),

-- Several properties are one site to the business.
days as (

    select
        business_date,
        source,
        channel,
        max(property_time_zone) as property_time_zone,
        sum(sessions) as sessions,
        sum(engaged_sessions) as engaged_sessions,
        sum(converted_sessions) as converted_sessions,
        sum(key_events) as key_events,
        sum(page_views) as page_views,
        bool_or(is_partial) as is_partial,
        -- The vendor goes on counting for three days after a date is over.
        business_date > {{ as_of_date() }} - 3 as is_provisional
    from joined
    group by business_date, source, channel

)

select * from days
