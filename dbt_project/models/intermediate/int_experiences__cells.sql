with

outcomes as (

    select * from {{ ref('int_experiences__outcomes') }}

),

cells as (

    select
        experience_event,
        bucket,
        is_reference,
        cohort_month,
        order_value_band,
        customer_age_band,
        count(*) as customers,
        count(is_repeat) as n,
        count(*) filter (where is_repeat) as repeat_customers,
        count(nps_outcome) as nps_n,
        count(*) filter (where nps_outcome = 1) as promoters,
        count(*) filter (where nps_outcome = -1) as detractors,
        count(csat_outcome) as csat_n,
        count(*) filter (where csat_outcome = 1) as satisfied
    from outcomes
    group by experience_event, bucket, is_reference, cohort_month, order_value_band, customer_age_band

)

select * from cells
