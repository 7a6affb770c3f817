{{ config(unique_key=['experience_event', 'bucket', 'cohort_month', 'stratum_name', 'stratum_value']) }}

with

compared as (

    select * from {{ ref('int_experiences__compared') }}

),

-- Where no customer came back, or all did, the variance is 0 and says nothing of what could have been.
with_error as (

    select
        *,
        sqrt(nullif(greatest(difference * sato_p + sato_q, 0), 0)) / weight as difference_error
    from compared

),

final as (

    select
        experience_event,
        bucket,
        cohort_month,
        stratum_name,
        stratum_value,
        is_reference,
        cast(customers as integer) as customers,
        cast(n as integer) as n,
        cast(customers - n as integer) as customers_unknown,
        case when n > 0 then cast(repeat_customers as integer) end as repeat_customers,
        cast(repeat_customers / nullif(n, 0) as numeric(20, 6)) as repeat_rate,
        {{ wilson('repeat_customers', 'n', '-') }} as repeat_rate_ci_low,
        {{ wilson('repeat_customers', 'n', '+') }} as repeat_rate_ci_high,
        cast(reference_n as integer) as reference_n,
        cast(compared_n as integer) as compared_n,
        cast(difference as numeric(20, 6)) as repeat_rate_difference,
        cast(difference - 1.959964 * difference_error as numeric(20, 6)) as difference_ci_low,
        cast(difference + 1.959964 * difference_error as numeric(20, 6)) as difference_ci_high,
        case when n > 0 then cast(nps_n as integer) end as next_nps_n,
        case when n > 0 then cast(promoters as integer) end as next_nps_promoters,
        case when n > 0 then cast(detractors as integer) end as next_nps_detractors,
        {{ net_score('promoters', 'detractors', 'nps_n') }} as next_nps,
        case when nps_n > 0 then {{ adjusted_wald('promoters', 'detractors', 'nps_n', '-') }} end as next_nps_ci_low,
        case when nps_n > 0 then {{ adjusted_wald('promoters', 'detractors', 'nps_n', '+') }} end as next_nps_ci_high,
        case when n > 0 then cast(csat_n as integer) end as next_csat_n,
        case when n > 0 then cast(satisfied as integer) end as next_csat_satisfied,
        cast(satisfied / nullif(csat_n, 0) as numeric(20, 6)) as next_csat_rate,
        {{ wilson('satisfied', 'csat_n', '-') }} as next_csat_ci_low,
        {{ wilson('satisfied', 'csat_n', '+') }} as next_csat_ci_high,
        n < {{ var('minimum_n') }} as is_below_min_n
    from with_error

)

select * from final
