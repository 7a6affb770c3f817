{{ config(unique_key=['month', 'source', 'measure']) }}

with

tickets as (

    select
        *,
        cast(date_trunc('month', cast(business_date as timestamp)) as date) as month
    from {{ ref('int_tickets__compared') }}

),

agreement as (

    {% for measure in twin_measures() -%}
    select
        month,
        source,
        '{{ measure }}' as measure,
        count(*) as compared,
        count(*) filter (where {{ twins_agree(measure) }}) as agreeing,
        count(*) filter (
            where not coalesce({{ twins_agree(measure) }}, false) and {{ twin_reason(measure) }} <> 'unexplained'
        ) as explained,
        count(*) filter (
            where not coalesce({{ twins_agree(measure) }}, false) and {{ twin_reason(measure) }} = 'unexplained'
        ) as unexplained,
        sum({{ measure }}) as our_total,
        sum(vendor_{{ measure }}) as vendor_total
    from tickets
    where vendor_{{ measure }} is not null
    group by month, source
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        month,
        source,
        measure,
        cast(compared as integer) as compared,
        cast(agreeing as integer) as agreeing,
        cast(explained as integer) as explained,
        cast(unexplained as integer) as unexplained,
        cast(coalesce(our_total, 0) as numeric(20, 6)) as our_total,
        cast(vendor_total as numeric(20, 6)) as vendor_total
    from agreement

)

select * from final
