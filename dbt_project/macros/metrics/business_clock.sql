{#- What a clock that runs in business hours only shows at an instant, in seconds, by the row of
    int_schedules__segments that holds the instant. The difference of two is the business time between them. -#}
{% macro business_clock(segment, instant) -%}
    {{ segment }}.open_seconds_before
    + case when {{ segment }}.is_open then {{ seconds_between(segment ~ '.starts_at', instant) }} else 0 end
{%- endmacro %}

{#- The row of int_schedules__segments that holds an instant: one at most. -#}
{% macro holds_instant(segment, schedule_key, instant) -%}
    {{ segment }}.schedule_key = {{ schedule_key }}
    and {{ segment }}.utc_day = {{ utc_date(instant) }}
    and {{ segment }}.starts_at <= {{ instant }}
    and {{ segment }}.ends_at > {{ instant }}
{%- endmacro %}

{#- Seconds as minutes, to the microminute. -#}
{% macro in_minutes(seconds) -%}
    cast(({{ seconds }}) / 60 as numeric(20, 6))
{%- endmacro %}
