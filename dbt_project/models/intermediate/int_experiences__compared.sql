with

cells as (

    select * from {{ ref('int_experiences__cells') }}

),

-- Each stratum beside the same stratum of those without the experience. n1, x1: customers and repeat customers with it;
-- n0, x0: without. A stratum that lacks either has nothing to compare.
paired as (

    select
        cells.*,
        cells.n as n1,
        cells.repeat_customers as x1,
        without_it.n as n0,
        without_it.repeat_customers as x0
    from cells
    left join cells as without_it
        on cells.experience_event = without_it.experience_event
            and cells.cohort_month = without_it.cohort_month
            and cells.order_value_band = without_it.order_value_band
            and cells.customer_age_band = without_it.customer_age_band
            and without_it.is_reference
            and without_it.n > 0
            and cells.n > 0
            and not cells.is_reference

),

-- The terms that the Mantel-Haenszel difference and its variance by Sato (1989) are sums of, in exact arithmetic, so
-- that their order does not matter.
terms as (

    select
        *,
        cast(n1 * n0 as numeric) / (n1 + n0) as weight,
        cast(x1 * n0 - x0 * n1 as numeric) / (n1 + n0) as weighted_difference,
        (
            cast(n1 * n1 * x0 - n0 * n0 * x1 as numeric) + cast(n1 * n0 * (n0 - n1) as numeric) / 2
        ) / ((n1 + n0) * (n1 + n0)) as sato_p,
        cast(x1 * (n0 - x0) + x0 * (n1 - x1) as numeric) / (2 * (n1 + n0)) as sato_q
    from paired

),

-- Everybody, and each band on its own; within them the other strata stay apart.
grouped as (

    select
        terms.experience_event,
        terms.bucket,
        terms.cohort_month,
        stratum.name as stratum_name,
        stratum.value as stratum_value,
        bool_or(terms.is_reference) as is_reference,
        sum(terms.customers) as customers,
        sum(terms.n) as n,
        sum(terms.repeat_customers) as repeat_customers,
        sum(terms.nps_n) as nps_n,
        sum(terms.promoters) as promoters,
        sum(terms.detractors) as detractors,
        sum(terms.csat_n) as csat_n,
        sum(terms.satisfied) as satisfied,
        coalesce(sum(terms.n1) filter (where terms.weight is not null), 0) as compared_n,
        sum(terms.n0) as reference_n,
        sum(terms.weight) as weight,
        sum(terms.weighted_difference) / sum(terms.weight) as difference,
        sum(terms.sato_p) as sato_p,
        sum(terms.sato_q) as sato_q
    from terms
    cross join lateral ({{ segments('terms', ['order_value_band', 'customer_age_band']) }}) as stratum (name, value)
    group by terms.experience_event, terms.bucket, terms.cohort_month, stratum.name, stratum.value

)

select * from grouped
