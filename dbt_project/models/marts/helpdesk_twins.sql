{{ config(unique_key=['ticket_key', 'measure']) }}

with

tickets as (

    select * from {{ ref('int_tickets__compared') }}

),

differing as (

    {% for measure in twin_measures() -%}
    select
        ticket_key,
        '{{ measure }}' as measure,
        source,
        business_date,
        cast({{ measure }} as numeric(20, 6)) as our_value,
        cast(vendor_{{ measure }} as numeric(20, 6)) as vendor_value,
        cast({{ measure }} - vendor_{{ measure }} as numeric(20, 6)) as difference,
        {{ twin_reason(measure) }} as reason
    from tickets
    where vendor_{{ measure }} is not null and not coalesce({{ twins_agree(measure) }}, false)
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from differing
