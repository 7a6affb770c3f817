with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

-- Attributed to the day of delivery. A cancelled order has no promise left, even if it was delivered all the same.
components as (

    select
        'late_delivery_rate' as metric_variant,
        source,
        delivered_date as business_date,
        count(*) as n,
        count(*) filter (where is_delivered_late) as positives,
        0 as negatives,
        cast(0 as numeric) as total,
        cast(0 as numeric) as total_of_squares,
        0 as unfinished
    from orders
    where is_delivered_late is not null and not is_cancelled
    group by source, delivered_date

),

segmented as (

    select
        components.metric_variant,
        segment.segment_name,
        segment.segment_value,
        components.business_date,
        sum(components.n) as n,
        sum(components.positives) as positives,
        sum(components.negatives) as negatives,
        sum(components.total) as total,
        sum(components.total_of_squares) as total_of_squares,
        sum(components.unfinished) as unfinished
    from components
    cross join lateral ({{ segments('components', ['source']) }}) as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by components.metric_variant, segment.segment_name, segment.segment_value, components.business_date

)

select * from segmented
