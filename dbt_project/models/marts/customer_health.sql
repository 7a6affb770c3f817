{{ config(unique_key=['customer_key']) }}

with

rfm as (

    select * from {{ ref('int_customers__rfm') }}

),

flags as (

    select * from {{ ref('int_customers__churn_flags') }}

),

lifetimes as (

    select * from {{ ref('int_customers__lifetimes') }}

),

contacts as (

    select * from {{ ref('int_customers__contacts') }}

),

health as (

    select * from {{ ref('int_customers__health') }}

),

final as (

    select
        contacts.customer_key,
        {{ as_of_date() }} as as_of_date,
        rfm.first_order_date,
        rfm.last_order_date,
        rfm.recency_days as rfm_recency_days,
        cast(rfm.frequency as integer) as rfm_frequency,
        cast(rfm.monetary as numeric(18, 2)) as rfm_monetary,
        rfm.r_score,
        rfm.f_score,
        rfm.m_score,
        rfm.rfm_segment,
        flags.median_gap_days,
        flags.is_lost_inactive_90d,
        flags.is_lost_inactive_180d,
        flags.is_lost_cadence,
        flags.is_lost_p_alive,
        flags.is_lost_contractual,
        lifetimes.p_alive,
        lifetimes.expected_orders_90d,
        lifetimes.expected_order_value,
        cast(rfm.monetary as numeric(18, 2)) as clv_to_date,
        lifetimes.clv_predicted,
        lifetimes.status as lifetime_status,
        lifetimes.reason as lifetime_reason,
        cast(health.health_score as numeric(20, 6)) as health_score,
        cast(health.weight_known as numeric(20, 6)) as health_weight_known,
        cast(health.components_known as integer) as health_components_known,
        cast(health.recency_points as numeric(20, 6)) as recency_points,
        cast(health.frequency_points as numeric(20, 6)) as frequency_points,
        cast(health.monetary_points as numeric(20, 6)) as monetary_points,
        cast(health.alive_points as numeric(20, 6)) as alive_points,
        cast(health.satisfaction_points as numeric(20, 6)) as satisfaction_points,
        cast(health.support_points as numeric(20, 6)) as support_points,
        cast(health.delivery_points as numeric(20, 6)) as delivery_points
    from contacts
    left join rfm on contacts.customer_key = rfm.customer_key
    left join flags on contacts.customer_key = flags.customer_key
    left join lifetimes on contacts.customer_key = lifetimes.customer_key
    left join health on contacts.customer_key = health.customer_key

)

select * from final
