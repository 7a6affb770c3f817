{{ config(unique_key=['metric_variant', 'grain', 'period_start', 'segment_name', 'segment_value']) }}

with

periods as (

    select * from {{ ref('int_metrics__periods') }}

),

definitions as (

    select * from {{ ref('metric_definitions') }}

),

kinds as (

    select
        periods.*,
        definitions.kind,
        definitions.unit,
        definitions.definition_version
    from periods
    left join definitions on periods.metric_variant = definitions.metric_variant

),

-- squared_error is the square of the value's standard error, in the value's own unit.
valued as (

    select
        *,
        case kind
            when 'net' then positives - negatives
            when 'share' then positives
            else total
        end as numerator,
        case kind
            when 'net' then {{ net_score('positives', 'negatives', 'n') }}
            when 'share' then cast(cast(100 as numeric) * positives / n as numeric(20, 6))
            when 'mean' then cast(total / n as numeric(20, 6))
            else cast(total as numeric(20, 6))
        end as value,
        case kind
            when 'net' then {{ squared_error_of_net_score('positives', 'negatives', 'n') }}
            when 'share' then {{ squared_error_of_share('positives', 'n') }}
            when 'mean' then {{ squared_error_of_mean('total', 'total_of_squares', 'n') }}
        end as squared_error
    from kinds

),

bounded as (

    select
        *,
        case kind
            when 'net' then {{ adjusted_wald('positives', 'negatives', 'n', '-') }}
            when 'share' then {{ wilson('positives', 'n', '-', 100) }}
            when 'mean' then cast(value - 1.959964 * sqrt(squared_error) as numeric(20, 6))
        end as ci_low,
        case kind
            when 'net' then {{ adjusted_wald('positives', 'negatives', 'n', '+') }}
            when 'share' then {{ wilson('positives', 'n', '+', 100) }}
            when 'mean' then cast(value + 1.959964 * sqrt(squared_error) as numeric(20, 6))
        end as ci_high
    from valued

),

-- Small samples exaggerate: a change is significant only if it is one between the values and between the middles of
-- their intervals, which lie nearer to zero the fewer observations there are. Where there is no error to compare with,
-- nothing can be said.
compared as (

    select
        bounded.*,
        previous.value as previous_value,
        least(
            abs(bounded.value - previous.value),
            abs(bounded.ci_low + bounded.ci_high - previous.ci_low - previous.ci_high) / 2
        ) / nullif(sqrt(bounded.squared_error + previous.squared_error), 0) > 1.959964 as is_significant
    from bounded
    left join bounded as previous
        on bounded.metric_variant = previous.metric_variant
            and bounded.grain = previous.grain
            and bounded.segment_name = previous.segment_name
            and bounded.segment_value = previous.segment_value
            and bounded.previous_period_start = previous.period_start

),

final as (

    select
        metric_variant,
        grain,
        period_start,
        segment_name,
        segment_value,
        period_end,
        cast(n as integer) as n,
        cast(numerator as numeric(20, 6)) as numerator,
        cast(case when kind in ('net', 'share', 'mean') then n end as numeric(20, 6)) as denominator,
        value,
        cast(ci_low as numeric(20, 6)) as ci_low,
        cast(ci_high as numeric(20, 6)) as ci_high,
        previous_value,
        is_significant,
        is_complete,
        n >= {{ var('minimum_n') }} as has_minimum_n,
        definition_version,
        kind,
        unit
    from compared

)

select * from final
