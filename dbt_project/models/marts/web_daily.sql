{{ config(unique_key=['business_date', 'source', 'channel']) }}

with

days as (

    select * from {{ ref('int_web__days') }}

),

spine as (

    select
        channels.source,
        channels.channel,
        calendar.day as business_date
    from (select distinct source, channel from days) as channels
    cross join (select min(business_date) as first_day from days) as bounds
    cross join lateral ({{ days('bounds.first_day', as_of_date()) }}) as calendar

),

final as (

    select
        spine.business_date,
        spine.source,
        spine.channel,
        days.property_time_zone,
        cast(coalesce(days.sessions, 0) as integer) as sessions,
        cast(coalesce(days.engaged_sessions, 0) as integer) as engaged_sessions,
        cast(coalesce(days.converted_sessions, 0) as integer) as converted_sessions,
        cast(coalesce(days.key_events, 0) as numeric(20, 2)) as key_events,
        cast(coalesce(days.page_views, 0) as integer) as page_views,
        cast(
            cast(days.sessions - days.engaged_sessions as numeric) / nullif(days.sessions, 0) as numeric(20, 6)
        ) as bounce_rate,
        {{ wilson('(days.sessions - days.engaged_sessions)', 'days.sessions', '-') }} as bounce_rate_ci_low,
        {{ wilson('(days.sessions - days.engaged_sessions)', 'days.sessions', '+') }} as bounce_rate_ci_high,
        cast(
            cast(days.converted_sessions as numeric) / nullif(days.sessions, 0) as numeric(20, 6)
        ) as conversion_rate,
        {{ wilson('days.converted_sessions', 'days.sessions', '-') }} as conversion_rate_ci_low,
        {{ wilson('days.converted_sessions', 'days.sessions', '+') }} as conversion_rate_ci_high,
        coalesce(days.is_partial, false) as is_partial,
        spine.business_date > {{ as_of_date() }} - 3 as is_provisional
    from spine
    left join days
        on spine.business_date = days.business_date
            and spine.source = days.source
            and spine.channel = days.channel

)

select * from final
