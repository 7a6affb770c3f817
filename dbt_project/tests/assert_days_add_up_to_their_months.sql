-- Months that are not the sum of their days. Left out is what does not add up: customers are counted once a month
-- however often they come, quantiles and the backlog are measured anew, products and agents have no days, and a day
-- with refunds but no order has no average order value.
with

published as (

    select
        *,
        {{ month_of('period_start') }} as month
    from {{ ref('metric_values') }}
    where kind <> 'quantile'
        and segment_name not in ('product', 'agent')
        and metric_variant not like '%_latest_per_customer'
        and metric_variant not in (
            'nps_poststratified', 'repeat_purchase_rate', 'returning_customer_rate', 'logo_churn_rate',
            'backlog_unsolved', 'aov'
        )

),

days as (

    select metric_variant, segment_name, segment_value, month, sum(n) as n, sum(numerator) as numerator
    from published
    where grain = 'day'
    group by metric_variant, segment_name, segment_value, month

),

months as (

    select metric_variant, segment_name, segment_value, month, n, numerator
    from published
    where grain = 'month'

)

select
    metric_variant, segment_name, segment_value, month,
    days.n as n_of_days,
    months.n as n_of_month,
    days.numerator as numerator_of_days,
    months.numerator as numerator_of_month
from days
full join months using (metric_variant, segment_name, segment_value, month)
where days.n is distinct from months.n
    or not coalesce(abs(days.numerator - months.numerator) < 0.001, false)
