{#- What a helpdesk counts itself, too: columns of the same name, the helpdesk's with the prefix vendor_. -#}
{% macro twin_measures() -%}
    {{ return([
        'first_reply_minutes', 'first_reply_business_minutes',
        'first_resolution_minutes', 'first_resolution_business_minutes',
        'full_resolution_minutes', 'full_resolution_business_minutes',
        'requester_wait_minutes', 'requester_wait_business_minutes',
        'agent_wait_minutes', 'agent_wait_business_minutes',
        'on_hold_minutes', 'on_hold_business_minutes',
        'reopens', 'public_agent_replies',
    ]) }}
{%- endmacro %}

{#- The helpdesk's figures as columns: all of them, or the given one in whole minutes and null for the others. -#}
{% macro vendor_figures(first_reply_minutes=none) -%}
    {%- for measure in twin_measures() -%}
    {%- set only = first_reply_minutes and measure == 'first_reply_minutes' -%}
    {%- set figure = 'floor(' ~ first_reply_minutes ~ ')' if only else 'null' if first_reply_minutes
        else 'vendor_' ~ measure -%}
    cast({{ figure }} as numeric(20, 6)) as vendor_{{ measure }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The columns that vendor_figures made. -#}
{% macro vendor_columns(relation, except=[]) -%}
    {%- for measure in twin_measures() | reject('in', except) -%}
    {{ relation }}.vendor_{{ measure }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Whether ours is the helpdesk's figure, which is in whole minutes. -#}
{% macro twins_agree(measure) -%}
    abs({{ measure }} - vendor_{{ measure }}) < 1
{%- endmacro %}

{#- Why ours is not the helpdesk's figure: the first reason that holds. -#}
{% macro twin_reason(measure) -%}
    case
        when exclusion_reason is not null then exclusion_reason
        {%- if measure == 'reopens' %}
        when is_reopened_after_closing then 'reopened_after_closing'
        {%- endif %}
        when are_events_missing then 'events_missing'
        {%- if 'first_reply' in measure or measure == 'public_agent_replies' %}
        when has_early_reply then 'reply_before_creation'
        when is_opened_by_agent then 'opened_by_agent'
        {%- endif %}
        {%- if 'first_reply' in measure %}
        when {{ measure }} is null then 'reply_not_found'
        {%- elif measure.endswith('minutes') %}
        when {{ measure }} is null and not is_resolved then 'not_resolved_now'
        {%- endif %}
        {%- if 'wait' in measure or 'hold' in measure %}
        when abs({{ measure }} - vendor_{{ measure }}) <= status_changes then 'rounding'
        {%- endif %}
        {%- if 'business' in measure %}
        when is_schedule_missing then 'schedule_missing'
        when {{ twins_agree(measure | replace('_business', '')) }} then 'schedule_or_holiday'
        {%- endif %}
        {%- if 'first_reply' in measure or measure == 'public_agent_replies' %}
        when is_answered_by_former_agent then 'former_agent'
        {%- endif %}
        else 'unexplained'
    end
{%- endmacro %}
