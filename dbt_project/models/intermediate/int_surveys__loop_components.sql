with

detractors as (

    select * from {{ ref('int_surveys__closed_loop') }}

),

-- Attributed to the day of the answer; an answer that may still be followed up keeps its period incomplete.
components as (

    select
        'closed_loop_rate' as metric_variant,
        source,
        channel,
        business_date,
        count(is_contacted) as n,
        count(*) filter (where is_contacted) as positives,
        count(*) filter (where is_contacted is null) as unfinished
    from detractors
    group by source, channel, business_date

),

segmented as (

    {{ components_by_segment('components', ['source', 'channel'], ['unfinished']) }}

)

select * from segmented
