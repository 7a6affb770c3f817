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

{#- Components by day and segment, from a relation that has metric_variant, business_date, n and positives, by the columns
    that are its segments. Which other components it has is listed; they are 0 without. -#}
{% macro components_by_segment(relation, columns, others=[]) -%}
    select
        {{ relation }}.metric_variant,
        segment.segment_name,
        segment.segment_value,
        {{ relation }}.business_date,
        sum({{ relation }}.n) as n,
        sum({{ relation }}.positives) as positives,
        {%- for name, nothing in [
            ('negatives', '0'), ('total', 'cast(0 as numeric)'), ('total_of_squares', 'cast(0 as numeric)'), ('unfinished', '0')
        ] %}
        {{ 'sum(' ~ relation ~ '.' ~ name ~ ')' if name in others else nothing }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    cross join lateral ({{ segments(relation, columns) }}) as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by {{ relation }}.metric_variant, segment.segment_name, segment.segment_value, {{ relation }}.business_date
    having sum({{ relation }}.n) > 0{{ ' or sum(' ~ relation ~ '.unfinished) > 0' if 'unfinished' in others }}
{%- endmacro %}
