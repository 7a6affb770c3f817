with

monthly_changes as (

    select * from {{ ref('int_churn__monthly_changes') }}

),

customer_age_bands as (

    select * from {{ ref('customer_age_bands') }}

),

first_months as (

    select
        churn_rule,
        segment_name,
        segment_value,
        min(month) as first_month
    from monthly_changes
    group by churn_rule, segment_name, segment_value

),

-- One month beyond the last that is published: what happens in a month is what changes until the next begins.
running as (

    select
        first_months.churn_rule,
        first_months.segment_name,
        first_months.segment_value,
        calendar.month,
        sum(coalesce(monthly_changes.at_start, 0)) over so_far as at_start,
        sum(coalesce(monthly_changes.lost, 0)) over so_far as lost,
        sum(coalesce(monthly_changes.unknown, 0)) over so_far as unknown,
        lead(coalesce(monthly_changes.newly_lost, 0)) over so_far as newly_lost,
        lead(coalesce(monthly_changes.won_back, 0)) over so_far as won_back
    from first_months
    cross join lateral ({{ months('first_months.first_month', as_of_date() ~ ' + 1') }}) as calendar
    left join monthly_changes
        on first_months.churn_rule = monthly_changes.churn_rule
            and first_months.segment_name = monthly_changes.segment_name
            and first_months.segment_value = monthly_changes.segment_value
            and calendar.month = monthly_changes.month
    window so_far as (
        partition by first_months.churn_rule, first_months.segment_name, first_months.segment_value
        order by calendar.month
    )

),

aged as (

    select
        running.churn_rule,
        'customer_age_band' as segment_name,
        customer_age_bands.customer_age_band as segment_value,
        running.month,
        sum(running.at_start) as at_start,
        sum(running.lost) as lost,
        sum(running.unknown) as unknown,
        sum(running.newly_lost) as newly_lost,
        sum(running.won_back) as won_back
    from running
    inner join customer_age_bands
        on {{ months_between('cast(running.segment_value as date)', 'running.month') }} >= customer_age_bands.months_from
            and (
                customer_age_bands.months_to is null
                or {{ months_between('cast(running.segment_value as date)', 'running.month') }}
                <= customer_age_bands.months_to
            )
    where running.segment_name = 'first_month'
    group by running.churn_rule, customer_age_bands.customer_age_band, running.month

),

unioned as (

    select * from running
    union all
    select * from aged

)

select * from unioned where month <= {{ as_of_date() }}
