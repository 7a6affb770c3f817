{{ config(unique_key=['business_date', 'source', 'network', 'profile']) }}

with

social_days as (

    select * from {{ ref('int_social__days') }}

),

inbox_days as (

    select * from {{ ref('int_social__inbox_days') }}

),

parts as (

    select business_date, source, network, profile
    from social_days
    union
    select business_date, source, network, profile
    from inbox_days

),

spine as (

    select
        kinds.source,
        kinds.network,
        kinds.profile,
        calendar.day as business_date
    from (select distinct source, network, profile from parts) as kinds
    cross join (select min(business_date) as first_day from parts) as bounds
    cross join lateral ({{ days('bounds.first_day', as_of_date()) }}) as calendar

),

final as (

    select
        spine.business_date,
        spine.source,
        spine.network,
        spine.profile,
        cast(coalesce(social_days.posts, 0) as integer) as posts,
        cast(social_days.engagement as numeric(20, 2)) as engagement,
        cast(coalesce(social_days.messages_sent, 0) as integer) as messages_sent,
        cast(coalesce(social_days.messages_failed, 0) as integer) as messages_failed,
        cast(social_days.followers as numeric(20, 2)) as followers,
        cast(social_days.views as numeric(20, 2)) as views,
        cast(social_days.impressions as numeric(20, 2)) as impressions,
        cast(social_days.reactions as numeric(20, 2)) as reactions,
        cast(inbox_days.inbound_messages as numeric(20, 2)) as inbound_messages,
        cast(inbox_days.outbound_messages as numeric(20, 2)) as outbound_messages,
        cast(inbox_days.resolved_with_one_reply as numeric(20, 2)) as resolved_with_one_reply,
        cast(inbox_days.first_response_seconds_fastest_team as numeric(20, 2)) as first_response_seconds_fastest_team,
        cast(inbox_days.first_response_seconds_slowest_team as numeric(20, 2)) as first_response_seconds_slowest_team,
        cast(inbox_days.response_seconds_fastest_team as numeric(20, 2)) as response_seconds_fastest_team,
        cast(inbox_days.response_seconds_slowest_team as numeric(20, 2)) as response_seconds_slowest_team,
        cast(inbox_days.handle_seconds_fastest_team as numeric(20, 2)) as handle_seconds_fastest_team,
        cast(inbox_days.handle_seconds_slowest_team as numeric(20, 2)) as handle_seconds_slowest_team
    from spine
    left join social_days
        on spine.business_date = social_days.business_date
            and spine.network = social_days.network
            and spine.profile = social_days.profile
    left join inbox_days
        on spine.business_date = inbox_days.business_date
            and spine.network = inbox_days.network
            and spine.profile = inbox_days.profile

)

select * from final
