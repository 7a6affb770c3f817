{#- Minutes in some statuses: known once the ticket is resolved, and then none is 0. -#}
{% macro waited(minutes) -%}
    case when resolutions.is_resolved then cast(coalesce(waits.{{ minutes }}, 0) as numeric(20, 6)) end as {{ minutes }}
{%- endmacro %}
