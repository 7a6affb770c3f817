{#- What support is told apart by, as segments(). -#}
{% macro support_segments(relation) -%}
    {{ segments(relation, ['source', 'channel', 'priority', 'team', 'country']) }}
{%- endmacro %}

{#- The components of one metric, from a relation that has them under names of its own beside segment and date. -#}
{% macro component(relation, metric_variant, n, positives='0', measure=none, unfinished='0') -%}
    select
        '{{ metric_variant }}' as metric_variant,
        segment_name,
        segment_value,
        business_date,
        {{ n }} as n,
        {{ positives }} as positives,
        0 as negatives,
        {{ measure ~ '_sum' if measure else 'cast(0 as numeric)' }} as total,
        {{ measure ~ '_squares' if measure else 'cast(0 as numeric)' }} as total_of_squares,
        {{ unfinished }} as unfinished
    from {{ relation }}
{%- endmacro %}

{#- Sum of a measure and of its squares, 0 where nothing has it. -#}
{% macro sum_and_squares(relation, measure) -%}
    coalesce(sum({{ relation }}.{{ measure }}), 0) as {{ measure }}_sum,
    coalesce(sum({{ relation }}.{{ measure }} * {{ relation }}.{{ measure }}), 0) as {{ measure }}_squares
{%- endmacro %}
