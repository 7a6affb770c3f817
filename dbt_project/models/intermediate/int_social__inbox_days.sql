with

metrics as (

    select * from {{ ref('stg_hootsuite__inbox_metrics') }}

),

-- A count of all teams stands for itself, else those of the teams add up. An average does not add up, and the vendor
-- does not say over how many it is: what can be said of several teams' averages is between which two they lie.
of_metrics as (

    select
        {{ business_date('day_began_at') }} as business_date,
        metric,
        coalesce(sum(value) filter (where team_id is null), sum(value)) as total,
        coalesce(min(value) filter (where team_id is null), min(value)) as lowest,
        coalesce(max(value) filter (where team_id is null), max(value)) as highest
    from metrics
    where value is not null
    group by {{ business_date('day_began_at') }}, metric

),

days as (

    select
        business_date,
        'hootsuite' as source,
        'inbox' as network,
        'all' as profile,
        max(total) filter (where metric = 'inbound-message-volume') as inbound_messages,
        max(total) filter (where metric = 'outbound-message-volume') as outbound_messages,
        max(total) filter (where metric = 'resolved-with-one-reply') as resolved_with_one_reply,
        max(lowest) filter (where metric = 'first-response-time') as first_response_seconds_fastest_team,
        max(highest) filter (where metric = 'first-response-time') as first_response_seconds_slowest_team,
        max(lowest) filter (where metric = 'conversation-response-time') as response_seconds_fastest_team,
        max(highest) filter (where metric = 'conversation-response-time') as response_seconds_slowest_team,
        max(lowest) filter (where metric = 'handle-time') as handle_seconds_fastest_team,
        max(highest) filter (where metric = 'handle-time') as handle_seconds_slowest_team
    from of_metrics
    where business_date <= {{ as_of_date() }}
    group by business_date

)

select * from days
