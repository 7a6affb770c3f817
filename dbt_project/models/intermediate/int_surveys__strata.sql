with

invited as (

    select * from {{ ref('int_surveys__invited') }}

),

segmented as (

    select
        invited.*,
        segment.segment_name,
        segment.segment_value
    from invited
    cross join lateral ({{ segments('invited', ['source']) }}) as segment (segment_name, segment_value)
    where invited.sent_date <= {{ as_of_date() }}

),

-- Cohorts by the month in which they were asked, and all of them.
placed as (

    select
        segmented.*,
        'month' as grain,
        cast(date_trunc('month', cast(sent_date as timestamp)) as date) as period_start,
        cast(date_trunc('month', cast(sent_date as timestamp)) + interval '1 month' as date) as period_end
    from segmented
    union all
    select
        segmented.*,
        'all_time' as grain,
        min(sent_date) over (partition by segment_name, segment_value) as period_start,
        {{ as_of_date() }} + 1 as period_end
    from segmented

),

cells as (

    select
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        order_value_band || '|' || delivery_outcome || '|' || tickets as cell,
        count(*) filter (where is_elapsed) as invited,
        count(*) filter (where not is_elapsed) as unfinished,
        count(*) filter (where is_elapsed and outcome is not null) as answers,
        count(*) filter (where is_elapsed and outcome = 1) as promoters,
        count(*) filter (where is_elapsed and outcome = -1) as detractors
    from placed
    group by grain, segment_name, segment_value, period_start, period_end, cell

),

-- A few answers cannot stand for all who were asked: small cells speak together.
strata as (

    select
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        case when answers >= {{ var('stratum_minimum_n') }} then cell else 'pooled' end as stratum,
        sum(invited) as invited,
        sum(unfinished) as unfinished,
        sum(answers) as answers,
        sum(promoters) as promoters,
        sum(detractors) as detractors
    from cells
    group by grain, segment_name, segment_value, period_start, period_end, stratum

)

select * from strata
