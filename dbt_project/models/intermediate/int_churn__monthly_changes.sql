{%- set known_segments = ['country', 'order_value_band', 'first_month'] -%}

with

states as (

    select * from {{ ref('int_customers__churn_states') }}

),

rules as (

    select * from {{ ref('churn_rules') }}

),

order_days as (

    select * from {{ ref('int_customers__order_days') }}

),

profiles as (

    select * from {{ ref('int_customers__profiles') }}

),

order_value_bands as (

    select * from {{ ref('order_value_bands') }}

),

-- What of a customer is known from the first order day on and stays: a past month's segments are never restated.
first_days as (

    select
        order_days.customer_key,
        coalesce(profiles.country, 'unknown') as country,
        order_value_bands.band as order_value_band,
        cast(date_trunc('month', cast(order_days.order_date as timestamp)) as date) as first_month
    from order_days
    left join profiles on order_days.customer_key = profiles.customer_key
    left join order_value_bands
        on {{ in_band('order_value_bands', 'value', 'order_days.net_sales') }}
    where order_days.day_number = 1

),

-- Alike customers together first: the segments then cost the kinds of customers, not the customers.
counted as (

    select
        states.churn_rule,
        states.month,
        states.state,
        states.previous_state,
        first_days.country,
        first_days.order_value_band,
        first_days.first_month,
        count(*) as customers
    from states
    inner join rules on states.churn_rule = rules.churn_rule
    inner join first_days on states.customer_key = first_days.customer_key
    where rules.basis = 'quiet'
    group by
        states.churn_rule, states.month, states.state, states.previous_state,
        first_days.country, first_days.order_value_band, first_days.first_month

),

changes as (

    select
        counted.churn_rule,
        segment.segment_name,
        segment.segment_value,
        counted.month,
        coalesce(sum(counted.customers) filter (where counted.previous_state is null), 0) as at_start,
        coalesce(sum(counted.customers) filter (where counted.state = 'unknown'), 0)
        - coalesce(sum(counted.customers) filter (where counted.previous_state = 'unknown'), 0) as unknown,
        coalesce(sum(counted.customers) filter (where counted.state = 'lost'), 0)
        - coalesce(sum(counted.customers) filter (where counted.previous_state = 'lost'), 0) as lost,
        -- Who came and was lost within one month was not there as it began.
        coalesce(
            sum(counted.customers) filter (where counted.state = 'lost' and counted.previous_state is not null), 0
        ) as newly_lost,
        coalesce(sum(counted.customers) filter (where counted.previous_state = 'lost'), 0) as won_back
    from counted
    cross join lateral ({{ segments('counted', known_segments) }}) as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by counted.churn_rule, segment.segment_name, segment.segment_value, counted.month

)

select * from changes
