{#- Whether a value lies in a range that may be open at either end: (above, up_to]. -#}
{% macro in_range_above(value, above, up_to) -%}
    ({{ above }} is null or {{ value }} > {{ above }}) and ({{ up_to }} is null or {{ value }} <= {{ up_to }})
{%- endmacro %}

{#- The same for [from, below). -#}
{% macro in_range_from(value, from, below) -%}
    ({{ from }} is null or {{ value }} >= {{ from }}) and ({{ below }} is null or {{ value }} < {{ below }})
{%- endmacro %}
