{{ config(unique_key=['business_date', 'source', 'channel']) }}

with

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

backlog_changes as (

    select * from {{ ref('int_tickets__daily_backlog') }}

),

countable as (

    select *
    from tickets
    where exclusion_reason is null and business_date <= {{ as_of_date() }}

),

pairs as (

    select distinct source, channel
    from countable

),

spine as (

    select calendar.day as business_date
    from (select min(business_date) as first_day from countable) as bounds
    cross join lateral ({{ days('bounds.first_day', as_of_date()) }}) as calendar

),

created as (

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
        count(*) filter (where reopens > 0) as reopened
    from countable
    group by business_date, source, channel

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
        cast(dense.backlog_hold as integer) as backlog_hold
    from dense
    left join created
        on dense.business_date = created.business_date
            and dense.source = created.source
            and dense.channel = created.channel

)

select * from final
