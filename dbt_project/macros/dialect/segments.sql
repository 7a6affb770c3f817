{#- Each row once for everything, and once for each of its columns that is a segment, from one pass: to be joined
    laterally as (segment_name, segment_value). A null is no segment. -#}
{% macro segments(relation, columns) -%}
    {{ return(adapter.dispatch('segments', 'cx')(relation, columns)) }}
{%- endmacro %}

{% macro default__segments(relation, columns) -%}
    values ('all', 'all')
    {%- for column in columns %}, ('{{ column }}', cast({{ relation }}.{{ column }} as text)){% endfor %}
{%- endmacro %}
