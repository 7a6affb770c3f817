{#- The few expressions that differ between engines. -#}

{#- Date of an instant in the business time zone, daylight saving included. -#}
{% macro business_date(instant) -%}
    {{ return(adapter.dispatch('business_date', 'cx')(instant)) }}
{%- endmacro %}

{% macro default__business_date(instant) -%}
    cast({{ instant }} at time zone '{{ var("time_zone") }}' as date)
{%- endmacro %}

{#- Instant at which a business date begins. Clocks that go back over midnight show it twice, and a cast takes the second:
    the first is an hour after 23:00. -#}
{% macro local_midnight(day) -%}
    {{ return(adapter.dispatch('local_midnight', 'cx')(day)) }}
{%- endmacro %}

{% macro default__local_midnight(day) -%}
    least(
        cast({{ day }} as timestamp) at time zone '{{ var("time_zone") }}',
        (cast({{ day }} as timestamp) - interval '1 hour') at time zone '{{ var("time_zone") }}' + interval '1 hour'
    )
{%- endmacro %}

{#- Elapsed time between two instants in minutes, to the microminute; null if either is. -#}
{% macro minutes_between(start_at, end_at) -%}
    {{ return(adapter.dispatch('minutes_between', 'cx')(start_at, end_at)) }}
{%- endmacro %}

{% macro default__minutes_between(start_at, end_at) -%}
    cast(extract(epoch from {{ end_at }} - {{ start_at }}) / 60 as numeric(20, 6))
{%- endmacro %}

{#- Elapsed time between two instants in seconds, exact to the microsecond. -#}
{% macro seconds_between(start_at, end_at) -%}
    {{ return(adapter.dispatch('seconds_between', 'cx')(start_at, end_at)) }}
{%- endmacro %}

{% macro default__seconds_between(start_at, end_at) -%}
    cast(extract(epoch from {{ end_at }} - {{ start_at }}) as numeric(20, 6))
{%- endmacro %}

{% macro days_between(start_at, end_at) -%}
    {{ return(adapter.dispatch('days_between', 'cx')(start_at, end_at)) }}
{%- endmacro %}

{% macro default__days_between(start_at, end_at) -%}
    cast(extract(epoch from {{ end_at }} - {{ start_at }}) / 86400 as numeric(20, 6))
{%- endmacro %}

{#- The last complete night loaded; nothing after it is published in a daily mart. -#}
{% macro as_of_date() -%}
    cast('{{ var("as_of_date") }}' as date)
{%- endmacro %}

{#- One row per day, both ends included, in column `day`. -#}
{% macro days(first_day, last_day) -%}
    {{ return(adapter.dispatch('days', 'cx')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days(first_day, last_day) -%}
    select cast(generate_series(
        cast({{ first_day }} as timestamp), cast({{ last_day }} as timestamp), interval '1 day'
    ) as date) as day
{%- endmacro %}

{#- One row per first day of a month, both ends included, in column `month`. -#}
{% macro months(first_month, last_month) -%}
    {{ return(adapter.dispatch('months', 'cx')(first_month, last_month)) }}
{%- endmacro %}

{% macro default__months(first_month, last_month) -%}
    select cast(generate_series(
        cast({{ first_month }} as timestamp), cast({{ last_month }} as timestamp), interval '1 month'
    ) as date) as month
{%- endmacro %}

{#- Whole calendar months from the month of one date to the month of another. -#}
{% macro months_between(first_month, last_month) -%}
    cast(
        (extract(year from {{ last_month }}) - extract(year from {{ first_month }})) * 12
        + extract(month from {{ last_month }}) - extract(month from {{ first_month }})
        as integer
    )
{%- endmacro %}

{#- First day of the first month that begins after a date. -#}
{% macro month_after(day) -%}
    {{ return(adapter.dispatch('month_after', 'cx')(day)) }}
{%- endmacro %}

{% macro default__month_after(day) -%}
    cast(date_trunc('month', cast({{ day }} as timestamp)) + interval '1 month' as date)
{%- endmacro %}

{#- Instant of a number of minutes after a date's midnight by the clocks of a zone. A time that is skipped counts on from
    the clock as it was before; one that comes twice is its second. -#}
{% macro local_instant(day, minutes, zone) -%}
    {{ return(adapter.dispatch('local_instant', 'cx')(day, minutes, zone)) }}
{%- endmacro %}

{% macro default__local_instant(day, minutes, zone) -%}
    (cast({{ day }} as timestamp) + {{ minutes }} * interval '1 minute') at time zone {{ zone }}
{%- endmacro %}

{#- Date of an instant in UTC. -#}
{% macro utc_date(instant) -%}
    {{ return(adapter.dispatch('utc_date', 'cx')(instant)) }}
{%- endmacro %}

{% macro default__utc_date(instant) -%}
    cast({{ instant }} at time zone 'UTC' as date)
{%- endmacro %}

{#- Instant at which a date begins in UTC. -#}
{% macro utc_midnight(day) -%}
    {{ return(adapter.dispatch('utc_midnight', 'cx')(day)) }}
{%- endmacro %}

{% macro default__utc_midnight(day) -%}
    (cast({{ day }} as timestamp) at time zone 'UTC')
{%- endmacro %}

{#- Days since Sunday. -#}
{% macro day_of_week(day) -%}
    {{ return(adapter.dispatch('day_of_week', 'cx')(day)) }}
{%- endmacro %}

{% macro default__day_of_week(day) -%}
    cast(extract(dow from {{ day }}) as integer)
{%- endmacro %}

{#- First day of a date's month. -#}
{% macro month_of(day) -%}
    cast(date_trunc('month', cast({{ day }} as timestamp)) as date)
{%- endmacro %}
