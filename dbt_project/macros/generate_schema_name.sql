{#- The schema is the layer's own name, without the target's as prefix: readers rely on these names. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
