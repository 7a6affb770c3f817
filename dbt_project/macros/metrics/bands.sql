{#- Whether a value lies in a band, a row of a seed that says from where (empty: from anywhere) to where (empty: to
    anywhere), the end left out. -#}
{% macro in_band(bands, measure, value) -%}
    {{ value }} >= coalesce({{ bands }}.{{ measure }}_from, {{ value }})
    and ({{ bands }}.{{ measure }}_to is null or {{ value }} < {{ bands }}.{{ measure }}_to)
{%- endmacro %}

{#- How an order's delivery stood at an instant: what came later cannot have coloured an answer. A promise that has passed
    without a delivery is late already; without a promise or before it, nothing can be said. -#}
{% macro delivery_outcome(orders, instant) -%}
    case
        when {{ orders }}.is_cancelled then null
        when {{ orders }}.delivered_at <= {{ instant }}
            then case {{ orders }}.is_delivered_late when true then 'late' when false then 'on_time' end
        when {{ orders }}.promised_at < {{ instant }} then 'late'
    end
{%- endmacro %}
