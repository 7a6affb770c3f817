{{ config(unique_key=['business_date', 'source', 'channel']) }}

with

created as (

    select * from {{ ref('int_tickets__daily_created') }}

),

solved as (

    select * from {{ ref('int_tickets__daily_solved') }}

),

backlog_changes as (

    select * from {{ ref('int_tickets__daily_backlog') }}

),

pairs as (

    select distinct source, channel
    from created

),

spine as (

    select calendar.day as business_date
    from (select min(business_date) as first_day from created) as bounds
    cross join lateral ({{ days('bounds.first_day', as_of_date()) }}) as calendar

),

dense as (

    select
        spine.business_date,
        pairs.source,
        pairs.channel,
        sum(coalesce(backlog_changes.new_change, 0)) over so_far as backlog_new,
        sum(coalesce(backlog_changes.open_change, 0)) over so_far as backlog_open,
        sum(coalesce(backlog_changes.pending_change, 0)) over so_far as backlog_pending,
        sum(coalesce(backlog_changes.hold_change, 0)) over so_far as backlog_hold
    from spine
    cross join pairs
    left join backlog_changes
        on spine.business_date = backlog_changes.business_date
            and pairs.source = backlog_changes.source
            and pairs.channel = backlog_changes.channel
    window so_far as (partition by pairs.source, pairs.channel order by spine.business_date)

),

final as (

    select
        dense.business_date,
        dense.source,
        dense.channel,
        cast(coalesce(created.tickets, 0) as integer) as tickets,
        cast(coalesce(created.answered, 0) as integer) as answered,
        cast(coalesce(created.first_reply_minutes_sum, 0) as numeric(20, 6)) as first_reply_minutes_sum,
        cast(created.first_reply_minutes_median as numeric(20, 6)) as first_reply_minutes_median,
        cast(created.first_reply_minutes_p90 as numeric(20, 6)) as first_reply_minutes_p90,
        cast(coalesce(created.resolved, 0) as integer) as resolved,
        cast(coalesce(created.full_resolution_minutes_sum, 0) as numeric(20, 6)) as full_resolution_minutes_sum,
        cast(created.full_resolution_minutes_median as numeric(20, 6)) as full_resolution_minutes_median,
        cast(created.full_resolution_minutes_p90 as numeric(20, 6)) as full_resolution_minutes_p90,
        cast(coalesce(created.one_touch, 0) as integer) as one_touch,
        cast(coalesce(created.reopened, 0) as integer) as reopened,
        cast(dense.backlog_new as integer) as backlog_new,
        cast(dense.backlog_open as integer) as backlog_open,
        cast(dense.backlog_pending as integer) as backlog_pending,
        cast(dense.backlog_hold as integer) as backlog_hold,
        cast(coalesce(created.unanswered, 0) as integer) as unanswered,
        cast(coalesce(created.waiting, 0) as integer) as waiting,
        cast(coalesce(created.public_agent_replies, 0) as integer) as public_agent_replies,
        cast(coalesce(created.first_reply_business_minutes_sum, 0) as numeric(20, 6))
            as first_reply_business_minutes_sum,
        cast(created.first_reply_business_minutes_median as numeric(20, 6)) as first_reply_business_minutes_median,
        cast(created.first_reply_business_minutes_p90 as numeric(20, 6)) as first_reply_business_minutes_p90,
        cast(coalesce(created.full_resolution_business_minutes_sum, 0) as numeric(20, 6))
            as full_resolution_business_minutes_sum,
        cast(created.full_resolution_business_minutes_median as numeric(20, 6))
            as full_resolution_business_minutes_median,
        cast(created.full_resolution_business_minutes_p90 as numeric(20, 6)) as full_resolution_business_minutes_p90,
        cast(coalesce(created.zero_touch, 0) as integer) as zero_touch,
        cast(coalesce(created.explore_compatible_one_touch, 0) as integer) as explore_compatible_one_touch,
        cast(coalesce(created.sla_met, 0) as integer) as sla_met,
        cast(coalesce(created.sla_missed, 0) as integer) as sla_missed,
        cast(coalesce(solved.solved, 0) as integer) as solved,
        cast(coalesce(solved.solved_reopened, 0) as integer) as solved_reopened
    from dense
    left join solved
        on dense.business_date = solved.business_date
            and dense.source = solved.source
            and dense.channel = solved.channel
    left join created
        on dense.business_date = created.business_date
            and dense.source = created.source
            and dense.channel = created.channel

)

select * from final
