with

component_periods as (

    select * from {{ ref('int_metrics__component_periods') }}

),

buyer_periods as (

    select * from {{ ref('int_metrics__buyer_periods') }}

),

logo_churn_periods as (

    select * from {{ ref('int_metrics__logo_churn_periods') }}

),

backlog_periods as (

    select * from {{ ref('int_metrics__backlog_periods') }}

),

ticket_quantile_periods as (

    select * from {{ ref('int_metrics__ticket_quantile_periods') }}

),

-- Measured over the whole period: they do not follow from its days.
measured_periods as (

    select * from backlog_periods
    union all
    select * from ticket_quantile_periods

),

survey_periods as (

    select * from {{ ref('int_metrics__survey_periods') }}

),

customer_periods as (

    select
        'repeat_purchase_rate' as metric_variant, grain, segment_name, segment_value, period_start, period_end,
        buyers as n,
        repeat_buyers as positives
    from buyer_periods
    union all
    select
        'returning_customer_rate' as metric_variant, grain, segment_name, segment_value, period_start, period_end,
        buyers as n,
        returning_buyers as positives
    from buyer_periods
    union all
    select 'logo_churn_rate' as metric_variant, *
    from logo_churn_periods

),

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
        total,
        total_of_squares,
        unfinished
    from component_periods
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
        unfinished
    from survey_periods
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
        0 as negatives,
        cast(0 as numeric) as total,
        cast(0 as numeric) as total_of_squares,
        0 as unfinished
    from customer_periods
    union all
    select
        metric_variant,
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        n,
        0 as positives,
        0 as negatives,
        total,
        cast(0 as numeric) as total_of_squares,
        unfinished
    from measured_periods

),

periods as (

    select
        *,
        case grain
            when 'day' then period_start - 1
            when 'rolling_30d' then period_start - 30
            when 'week' then period_start - 7
            when 'month' then cast(period_start - interval '1 month' as date)
        end as previous_period_start,
        period_end <= {{ as_of_date() }} + 1 and unfinished = 0 as is_complete
    from unioned

)

select * from periods
