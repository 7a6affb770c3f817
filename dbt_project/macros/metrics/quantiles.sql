{#- Number, median and 90th percentile of a measure. -#}
{% macro quantiles(relation, measure) -%}
    count({{ relation }}.{{ measure }}) as {{ measure }}_n,
    percentile_cont(0.5) within group (order by {{ relation }}.{{ measure }}) as {{ measure }}_median,
    percentile_cont(0.9) within group (order by {{ relation }}.{{ measure }}) as {{ measure }}_p90
{%- endmacro %}

{#- Both quantiles of a measure as metrics of a period. -#}
{% macro quantile_metrics(relation, measure, unfinished) -%}
    {% for quantile in ('median', 'p90') -%}
    select
        '{{ measure }}_{{ quantile }}' as metric_variant,
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        {{ measure }}_n as n,
        cast({{ measure }}_{{ quantile }} as numeric(20, 6)) as total,
        {{ unfinished }} as unfinished
    from {{ relation }}
    where {{ measure }}_n > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- The quantiles of support over the periods of a grain, which begin at an expression and end at another. -#}
{% macro support_quantiles(relation, grain, period_start, period_end) -%}
    select
        '{{ grain }}' as grain,
        segment_name,
        segment_value,
        {{ period_start }} as period_start,
        {{ period_end }} as period_end,
        count(*) filter (where is_waiting) as waiting,
        count(*) filter (where is_unresolved) as unresolved,
        {{ quantiles(relation, 'first_reply_minutes') }},
        {{ quantiles(relation, 'first_reply_business_minutes') }},
        {{ quantiles(relation, 'full_resolution_minutes') }},
        {{ quantiles(relation, 'full_resolution_business_minutes') }}
    from {{ relation }}
    group by segment_name, segment_value{{ ', ' ~ period_start if grain != 'all_time' }}
{%- endmacro %}
