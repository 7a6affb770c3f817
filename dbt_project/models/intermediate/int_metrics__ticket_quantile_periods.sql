with

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

-- In double precision, which sorts faster; it holds minutes to the microminute for a century.
segmented as (

    select
        segment.segment_name,
        segment.segment_value,
        tickets.business_date,
        cast(date_trunc('week', cast(tickets.business_date as timestamp)) as date) as week,
        cast(date_trunc('month', cast(tickets.business_date as timestamp)) as date) as month,
        tickets.first_reply_minutes is null and not tickets.is_resolved as is_waiting,
        not tickets.is_resolved as is_unresolved,
        cast(tickets.first_reply_minutes as double precision) as first_reply_minutes,
        cast(tickets.first_reply_business_minutes as double precision) as first_reply_business_minutes,
        cast(tickets.full_resolution_minutes as double precision) as full_resolution_minutes,
        cast(tickets.full_resolution_business_minutes as double precision) as full_resolution_business_minutes
    from tickets
    cross join lateral ({{ segments('tickets', ['source', 'channel']) }}) as segment (segment_name, segment_value)
    where segment.segment_value is not null
        and tickets.exclusion_reason is null
        and tickets.business_date <= {{ as_of_date() }}

),

-- Quantiles of a period do not follow from those of its days, so each grain sorts its own.
periods as (

    {{ support_quantiles('segmented', 'day', 'business_date', 'business_date + 1') }}
    union all
    {{ support_quantiles('segmented', 'week', 'week', 'week + 7') }}
    union all
    {{ support_quantiles('segmented', 'month', 'month', "cast(month + interval '1 month' as date)") }}
    union all
    {{ support_quantiles('segmented', 'all_time', 'min(business_date)', as_of_date() ~ ' + 1') }}

),

metrics as (

    {{ quantile_metrics('periods', 'first_reply_minutes', 'waiting') }}
    union all
    {{ quantile_metrics('periods', 'first_reply_business_minutes', 'waiting') }}
    union all
    {{ quantile_metrics('periods', 'full_resolution_minutes', 'unresolved') }}
    union all
    {{ quantile_metrics('periods', 'full_resolution_business_minutes', 'unresolved') }}

)

select * from metrics
