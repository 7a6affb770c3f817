with

latest_periods as (

    select * from {{ ref('int_metrics__survey_latest_periods') }}

),

group_periods as (

    select * from {{ ref('int_metrics__survey_group_periods') }}

),

poststratified_periods as (

    select * from {{ ref('int_surveys__poststratified') }}

),

-- What of the surveys is no sum over days.
unioned as (

    select
        metric_variant,
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        n,
        positives,
        negatives,
        0 as total,
        0 as total_of_squares,
        0 as unfinished
    from latest_periods
    union all
    select
        metric_variant,
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        n,
        positives,
        negatives,
        total,
        total_of_squares,
        0 as unfinished
    from group_periods
    union all
    select
        'nps_poststratified' as metric_variant,
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        effective_n as n,
        weighted_promoters as positives,
        weighted_detractors as negatives,
        0 as total,
        0 as total_of_squares,
        unfinished
    from poststratified_periods
    where effective_n > 0

)

select * from unioned
