{%- set month_after = "cast(date_trunc('month', cast({} as timestamp)) + interval '1 month' as date)" -%}

with

orders as (

    select * from {{ ref('int_orders__sequence') }}

),

profiles as (

    select * from {{ ref('int_customers__profiles') }}

),

rules as (

    select 'inactive_90d' as churn_rule, 90 as inactive_days
    union all
    select 'inactive_180d' as churn_rule, 180 as inactive_days

),

segmented as (

    select orders.*, 'all' as churn_segment_name, 'all' as churn_segment_value
    from orders
    where orders.segment_name = 'all'
    union all
    select orders.*, 'country' as churn_segment_name, coalesce(profiles.country, 'unknown') as churn_segment_value
    from orders
    inner join profiles on orders.customer_key = profiles.customer_key
    where orders.segment_name = 'all'

),

-- The first month that starts after a date is the first in which that date lies before the start.
dated as (

    select
        rules.churn_rule,
        segmented.churn_segment_name as segment_name,
        segmented.churn_segment_value as segment_value,
        segmented.previous_order_date is null as is_first_order,
        {{ month_after.format('segmented.order_date') }} as seen_from,
        {{ month_after.format('segmented.order_date + rules.inactive_days') }} as inactive_from,
        {{ month_after.format('segmented.next_order_date') }} as ordered_again_from
    from segmented
    cross join rules

),

changes as (

    select
        churn_rule, segment_name, segment_value,
        seen_from as month,
        1 as at_start,
        0 as lost,
        1 as unknown
    from dated
    where is_first_order
    union all
    select
        churn_rule, segment_name, segment_value,
        inactive_from as month,
        0 as at_start,
        0 as lost,
        -1 as unknown
    from dated
    where is_first_order
    union all
    select
        churn_rule, segment_name, segment_value,
        inactive_from as month,
        0 as at_start,
        1 as lost,
        0 as unknown
    from dated
    where ordered_again_from is null or ordered_again_from > inactive_from
    union all
    select
        churn_rule, segment_name, segment_value,
        ordered_again_from as month,
        0 as at_start,
        -1 as lost,
        0 as unknown
    from dated
    where ordered_again_from > inactive_from

),

monthly as (

    select
        churn_rule,
        segment_name,
        segment_value,
        month,
        sum(at_start) as at_start_change,
        sum(lost) as lost_change,
        sum(unknown) as unknown_change
    from changes
    group by churn_rule, segment_name, segment_value, month

)

select * from monthly
