{#- Bands by which answers are compared. -#}

{#- An order's value in its own currency, between the bounds that var order_value_bounds lists. -#}
{% macro order_value_band(value) -%}
    {%- set bounds = var('order_value_bounds') -%}
    case
        when {{ value }} < {{ bounds[0] }} then 'below_{{ bounds[0] }}'
        {%- for bound in bounds[1:] %}
        when {{ value }} < {{ bound }} then '{{ bounds[loop.index0] }}_to_{{ bound }}'
        {%- endfor %}
        when {{ value }} >= {{ bounds[-1] }} then '{{ bounds[-1] }}_and_more'
    end
{%- endmacro %}

{#- How long somebody has been a customer, in days since the first order. -#}
{% macro customer_age_band(days) -%}
    case
        when {{ days }} < 0 then null
        when {{ days }} <= 30 then 'first_30_days'
        when {{ days }} <= 90 then 'day_31_to_90'
        when {{ days }} <= 365 then 'day_91_to_365'
        when {{ days }} > 365 then 'after_a_year'
    end
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
