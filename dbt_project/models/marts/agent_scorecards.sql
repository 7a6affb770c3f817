{{ config(unique_key=['agent_key', 'month']) }}

with

agents as (

    select * from {{ ref('int_users__agents') }}

),

counts as (

    select * from {{ ref('int_agents__monthly') }}

),

final as (

    select
        counts.agent_key,
        counts.month,
        agents.source,
        agents.team,
        cast(counts.tickets as integer) as n,
        cast(counts.first_replies as integer) as first_replies,
        cast(counts.first_reply_minutes_sum as numeric(20, 6)) as first_reply_minutes_sum,
        cast(counts.first_reply_minutes_sum / nullif(counts.first_replies, 0) as numeric(20, 6))
            as first_reply_minutes_mean,
        cast(counts.first_reply_minutes_median as numeric(20, 6)) as first_reply_minutes_median,
        {{ mean_bound('counts', 'first_reply_minutes', 'first_replies', '-') }} as first_reply_minutes_ci_low,
        {{ mean_bound('counts', 'first_reply_minutes', 'first_replies', '+') }} as first_reply_minutes_ci_high,
        cast(counts.first_reply_business_minutes_sum as numeric(20, 6)) as first_reply_business_minutes_sum,
        cast(counts.first_reply_business_minutes_median as numeric(20, 6)) as first_reply_business_minutes_median,
        cast(counts.resolved as integer) as resolved,
        cast(counts.full_resolution_minutes_sum as numeric(20, 6)) as full_resolution_minutes_sum,
        cast(counts.full_resolution_minutes_sum / nullif(counts.resolved, 0) as numeric(20, 6))
            as full_resolution_minutes_mean,
        cast(counts.full_resolution_minutes_median as numeric(20, 6)) as full_resolution_minutes_median,
        {{ mean_bound('counts', 'full_resolution_minutes', 'resolved', '-') }} as full_resolution_minutes_ci_low,
        {{ mean_bound('counts', 'full_resolution_minutes', 'resolved', '+') }} as full_resolution_minutes_ci_high,
        cast(counts.one_touch as integer) as one_touch,
        cast(counts.solved as integer) as solved,
        cast(counts.reopened as integer) as reopened,
        cast(cast(counts.reopened as numeric) / nullif(counts.solved, 0) as numeric(20, 6)) as reopen_rate,
        {{ wilson('counts.reopened', 'counts.solved', '-') }} as reopen_rate_ci_low,
        {{ wilson('counts.reopened', 'counts.solved', '+') }} as reopen_rate_ci_high,
        cast(counts.ratings as integer) as ratings,
        cast(counts.satisfied as integer) as satisfied,
        cast(counts.neutral as integer) as neutral,
        cast(counts.dissatisfied as integer) as dissatisfied,
        cast(cast(counts.satisfied as numeric) / nullif(counts.ratings, 0) as numeric(20, 6)) as csat_rate,
        {{ wilson('counts.satisfied', 'counts.ratings', '-') }} as csat_rate_ci_low,
        {{ wilson('counts.satisfied', 'counts.ratings', '+') }} as csat_rate_ci_high,
        counts.tickets >= {{ var('minimum_n') }} as has_minimum_n,
        counts.ratings >= {{ var('minimum_n') }} as has_minimum_ratings,
        counts.month + interval '1 month' <= {{ as_of_date() }} + 1 as is_complete
    from counts
    inner join agents on counts.agent_key = agents.user_key

)

select * from final
