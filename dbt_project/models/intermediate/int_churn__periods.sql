with

changes as (

    select * from {{ ref('int_churn__changes') }}

),

tenure_bands as (

    select * from {{ ref('tenure_bands') }}

),

first_months as (

    select
        churn_rule,
        segment_name,
        segment_value,
        min(month) as first_month
    from changes
    group by churn_rule, segment_name, segment_value

),

-- One month beyond the last that is published: what happens in a month is what changes until the next begins.
spine as (

    select
        first_months.churn_rule,
        first_months.segment_name,
        first_months.segment_value,
        calendar.month
    from first_months
    cross join lateral ({{ months('first_months.first_month', as_of_date() ~ ' + 1') }}) as calendar

),

running as (

    select
        spine.*,
        sum(coalesce(changes.at_start, 0)) over so_far as at_start,
        sum(coalesce(changes.lost, 0)) over so_far as lost,
        sum(coalesce(changes.unknown, 0)) over so_far as unknown,
        sum(coalesce(changes.amount, 0)) over so_far as amount,
        lead(coalesce(changes.newly_lost, 0)) over so_far as newly_lost,
        lead(coalesce(changes.won_back, 0)) over so_far as won_back,
        lead(coalesce(changes.cancelled, 0)) over so_far as cancelled,
        lead(coalesce(changes.contracted, 0)) over so_far as contracted,
        lead(coalesce(changes.expanded, 0)) over so_far as expanded
    from spine
    left join changes
        on spine.churn_rule = changes.churn_rule
            and spine.segment_name = changes.segment_name
            and spine.segment_value = changes.segment_value
            and spine.month = changes.month
    window so_far as (
        partition by spine.churn_rule, spine.segment_name, spine.segment_value order by spine.month
    )

),

cohorts as (

    select
        *,
        {{ months_between('cast(segment_value as date)', 'month') }} as tenure
    from running
    where segment_name = 'first_month'

),

aged as (

    select
        cohorts.churn_rule,
        'tenure_band' as segment_name,
        tenure_bands.band as segment_value,
        cohorts.month,
        sum(cohorts.at_start) as at_start,
        sum(cohorts.lost) as lost,
        sum(cohorts.unknown) as unknown,
        sum(cohorts.amount) as amount,
        sum(cohorts.newly_lost) as newly_lost,
        sum(cohorts.won_back) as won_back,
        sum(cohorts.cancelled) as cancelled,
        sum(cohorts.contracted) as contracted,
        sum(cohorts.expanded) as expanded
    from cohorts
    inner join tenure_bands on {{ in_band('tenure_bands', 'months', 'cohorts.tenure') }}
    group by cohorts.churn_rule, tenure_bands.band, cohorts.month

),

unioned as (

    select * from running
    union all
    select * from aged

)

select * from unioned where month <= {{ as_of_date() }}
