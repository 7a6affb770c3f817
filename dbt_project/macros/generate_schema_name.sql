{#- The schema is the layer's own name, without the target's as prefix: readers rely on these names. The candidate's
    schema is another one for those who read what is published. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if target.name == 'published' and custom_schema_name == 'audit' -%} marts
    {%- else -%} {{ custom_schema_name or target.schema }}
    {%- endif -%}
{%- endmacro %}
