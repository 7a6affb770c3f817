with

tickets as (

    select
        *,
        {{ month_of('business_date') }} as created_month,
        {{ month_of(business_date('counted_solved_at')) }} as solved_month,
        {{ month_of(business_date('rated_at')) }} as rated_month
    from {{ ref('int_tickets__joined') }}
    where exclusion_reason is null and business_date <= {{ as_of_date() }}

),

assigned as (

    select
        agent_key,
        created_month as month,
        count(*) as tickets,
        count(*) filter (where is_resolved) as resolved,
        {{ sum_and_squares('tickets', 'full_resolution_minutes') }},
        percentile_cont(0.5) within group (order by full_resolution_minutes) as full_resolution_minutes_median,
        count(*) filter (where is_resolved and public_agent_replies = 1) as one_touch
    from tickets
    where agent_key is not null
    group by agent_key, created_month

),

-- The first reply is credited to who wrote it.
replied as (

    select
        first_reply_agent_key as agent_key,
        created_month as month,
        count(*) as first_replies,
        {{ sum_and_squares('tickets', 'first_reply_minutes') }},
        percentile_cont(0.5) within group (order by first_reply_minutes) as first_reply_minutes_median,
        sum(first_reply_business_minutes) as first_reply_business_minutes_sum,
        percentile_cont(0.5) within group (order by first_reply_business_minutes)
            as first_reply_business_minutes_median
    from tickets
    where first_reply_agent_key is not null
    group by first_reply_agent_key, created_month

),

solved as (

    select
        agent_key,
        solved_month as month,
        count(*) as solved,
        count(*) filter (where reopens > 0) as reopened
    from tickets
    where agent_key is not null and counted_solved_at is not null and reopens is not null
    group by agent_key, solved_month

),

-- A rating is credited to who had the ticket when it was given.
rated as (

    select
        csat_agent_key as agent_key,
        rated_month as month,
        count(*) as ratings,
        count(*) filter (where csat_bucket = 'satisfied') as satisfied,
        count(*) filter (where csat_bucket = 'neutral') as neutral,
        count(*) filter (where csat_bucket = 'dissatisfied') as dissatisfied
    from tickets
    where csat_agent_key is not null
    group by csat_agent_key, rated_month

),

months as (

    select agent_key, month from assigned
    union
    select agent_key, month from replied
    union
    select agent_key, month from solved
    union
    select agent_key, month from rated

),

final as (

    select
        months.agent_key,
        months.month,
        coalesce(assigned.tickets, 0) as tickets,
        coalesce(replied.first_replies, 0) as first_replies,
        coalesce(replied.first_reply_minutes_sum, 0) as first_reply_minutes_sum,
        coalesce(replied.first_reply_minutes_squares, 0) as first_reply_minutes_squares,
        replied.first_reply_minutes_median,
        coalesce(replied.first_reply_business_minutes_sum, 0) as first_reply_business_minutes_sum,
        replied.first_reply_business_minutes_median,
        coalesce(assigned.resolved, 0) as resolved,
        coalesce(assigned.full_resolution_minutes_sum, 0) as full_resolution_minutes_sum,
        coalesce(assigned.full_resolution_minutes_squares, 0) as full_resolution_minutes_squares,
        assigned.full_resolution_minutes_median,
        coalesce(assigned.one_touch, 0) as one_touch,
        coalesce(solved.solved, 0) as solved,
        coalesce(solved.reopened, 0) as reopened,
        coalesce(rated.ratings, 0) as ratings,
        coalesce(rated.satisfied, 0) as satisfied,
        coalesce(rated.neutral, 0) as neutral,
        coalesce(rated.dissatisfied, 0) as dissatisfied
    from months
    left join assigned on months.agent_key = assigned.agent_key and months.month = assigned.month
    left join replied on months.agent_key = replied.agent_key and months.month = replied.month
    left join solved on months.agent_key = solved.agent_key and months.month = solved.month
    left join rated on months.agent_key = rated.agent_key and months.month = rated.month
    where months.month <= {{ as_of_date() }}

)

select * from final
