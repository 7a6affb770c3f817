{{ config(unique_key=['month', 'segment_name', 'segment_value']) }}

with

periods as (

    select * from {{ ref('int_churn__periods') }}

),

rules as (

    select * from {{ ref('churn_rules') }}

),

final as (

    select
        periods.month,
        periods.segment_name,
        periods.segment_value,
        cast(periods.at_start as integer) as customers_at_start,
        cast(periods.newly_lost as integer) as customers_lost,
        cast(periods.amount as numeric(18, 2)) as revenue_at_start,
        cast(periods.cancelled as numeric(18, 2)) as revenue_cancelled,
        cast(periods.contracted as numeric(18, 2)) as revenue_contracted,
        cast(periods.expanded as numeric(18, 2)) as revenue_expanded,
        cast(
            (periods.cancelled + periods.contracted) / nullif(periods.amount, 0) as numeric(20, 6)
        ) as gross_revenue_churn_rate,
        cast(
            (periods.cancelled + periods.contracted - periods.expanded) / nullif(periods.amount, 0) as numeric(20, 6)
        ) as net_revenue_churn_rate,
        periods.newly_lost is not null as is_complete,
        rules.definition_version
    from periods
    inner join rules on periods.churn_rule = rules.churn_rule
    where rules.basis = 'ended' and periods.at_start > 0

)

select * from final
