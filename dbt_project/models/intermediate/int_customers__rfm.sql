with

order_days as (

    select * from {{ ref('int_customers__order_days') }}

),

rfm_segments as (

    select * from {{ ref('rfm_segments') }}

),

measured as (

    select
        customer_key,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(*) as order_days,
        sum(orders) as frequency,
        sum(net_sales) as monetary
    from order_days
    group by customer_key

),

-- Fifths of equal size, 5 the best. Equals are told apart by the other two measures and at last by their keys.
scored as (

    select
        *,
        ntile(5) over (order by last_order_date, frequency, monetary, customer_key) as r_score,
        ntile(5) over (order by frequency, last_order_date, monetary, customer_key) as f_score,
        ntile(5) over (order by monetary, frequency, last_order_date, customer_key) as m_score
    from measured

),

named as (

    select
        scored.*,
        {{ as_of_date() }} - scored.last_order_date as recency_days,
        {{ as_of_date() }} - scored.first_order_date as age_days,
        rfm_segments.rfm_segment
    from scored
    left join rfm_segments on scored.r_score = rfm_segments.r_score and scored.f_score = rfm_segments.f_score

)

select * from named
