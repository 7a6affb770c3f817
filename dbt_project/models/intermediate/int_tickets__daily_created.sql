with

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

daily as (

    select
        business_date,
        source,
        channel,
        count(*) as tickets,
        count(first_reply_minutes) as answered,
        sum(first_reply_minutes) as first_reply_minutes_sum,
        percentile_cont(0.5) within group (order by first_reply_minutes) as first_reply_minutes_median,
        percentile_cont(0.9) within group (order by first_reply_minutes) as first_reply_minutes_p90,
        count(full_resolution_minutes) as resolved,
        sum(full_resolution_minutes) as full_resolution_minutes_sum,
        percentile_cont(0.5) within group (order by full_resolution_minutes) as full_resolution_minutes_median,
        percentile_cont(0.9) within group (order by full_resolution_minutes) as full_resolution_minutes_p90,
        count(*) filter (where is_resolved and public_agent_replies = 1) as one_touch,
        count(*) filter (where reopens > 0) as reopened,
        count(*) filter (where first_reply_at is null) as unanswered,
        count(*) filter (where first_reply_at is null and not is_resolved) as waiting,
        sum(public_agent_replies) as public_agent_replies,
        sum(first_reply_business_minutes) as first_reply_business_minutes_sum,
        percentile_cont(0.5) within group (order by first_reply_business_minutes)
            as first_reply_business_minutes_median,
        percentile_cont(0.9) within group (order by first_reply_business_minutes) as first_reply_business_minutes_p90,
        sum(full_resolution_business_minutes) as full_resolution_business_minutes_sum,
        percentile_cont(0.5) within group (order by full_resolution_business_minutes)
            as full_resolution_business_minutes_median,
        percentile_cont(0.9) within group (order by full_resolution_business_minutes)
            as full_resolution_business_minutes_p90,
        count(*) filter (where is_resolved and public_agent_replies = 0) as zero_touch,
        count(*) filter (where is_resolved and public_agent_replies < 2) as explore_compatible_one_touch,
        count(*) filter (where sla_met) as sla_met,
        count(*) filter (where not sla_met) as sla_missed
    from tickets
    where exclusion_reason is null and business_date <= {{ as_of_date() }}
    group by business_date, source, channel

)

select * from daily
