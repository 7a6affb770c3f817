with

rfm as (

    select * from {{ ref('int_customers__rfm') }}

),

lifetimes as (

    select * from {{ source('inference', 'customer_lifetimes') }}

),

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

),

answers as (

    select
        customer_key,
        metric,
        case direction when 'low_is_good' then scale_max - score else score - scale_min end as goodness,
        scale_max - scale_min as scale_length,
        row_number() over (
            partition by customer_key, metric order by responded_at desc, response_key desc
        ) as recency_rank
    from responses
    where score is not null
        and business_date <= {{ as_of_date() }}
        and business_date > {{ as_of_date() }} - 365
        and customer_key is not null

),

components as (

    select customer_key, 'recency' as component, cast(25 * (r_score - 1) as numeric) as points
    from rfm
    union all
    select customer_key, 'frequency' as component, cast(25 * (f_score - 1) as numeric) as points
    from rfm
    union all
    select customer_key, 'monetary' as component, cast(25 * (m_score - 1) as numeric) as points
    from rfm
    union all
    select customer_key, 'alive' as component, 100 * p_alive as points
    from lifetimes
    where repeat_days > 0 and p_alive is not null
    union all
    select customer_key, 'satisfaction' as component, avg(cast(100 as numeric) * goodness / scale_length) as points
    from answers
    where recency_rank = 1
    group by customer_key
    union all
    select
        customer_key,
        'support' as component,
        cast(100 as numeric) * count(*) filter (where reopens = 0 and is_resolved) / count(*) as points
    from tickets
    where exclusion_reason is null
        and customer_key is not null
        and business_date <= {{ as_of_date() }}
        and business_date > {{ as_of_date() }} - 180
    group by customer_key
    union all
    select
        customer_key,
        'delivery' as component,
        cast(100 as numeric) * count(*) filter (where not is_delivered_late) / count(*) as points
    from orders
    where is_delivered_late is not null
        and not is_cancelled
        and delivered_date <= {{ as_of_date() }}
        and delivered_date > {{ as_of_date() }} - 365
    group by customer_key

),

final as (

    select
        customer_key,
        component,
        cast(points as numeric(20, 6)) as points
    from components

)

select * from final
