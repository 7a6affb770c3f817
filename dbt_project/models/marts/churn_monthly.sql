{{ config(unique_key=['month', 'churn_rule', 'segment_name', 'segment_value']) }}

with

churn_changes as (

    select * from {{ ref('int_customers__churn_changes') }}

),

first_months as (

    select
        churn_rule,
        segment_name,
        segment_value,
        min(month) as first_month
    from churn_changes
    group by churn_rule, segment_name, segment_value

),

running as (

    select
        calendar.month,
        first_months.churn_rule,
        first_months.segment_name,
        first_months.segment_value,
        sum(coalesce(churn_changes.at_start_change, 0)) over so_far as customers_at_start,
        sum(coalesce(churn_changes.lost_change, 0)) over so_far as customers_lost,
        sum(coalesce(churn_changes.unknown_change, 0)) over so_far as customers_unknown
    from first_months
    cross join lateral ({{ months('first_months.first_month', as_of_date()) }}) as calendar
    left join churn_changes
        on first_months.churn_rule = churn_changes.churn_rule
            and first_months.segment_name = churn_changes.segment_name
            and first_months.segment_value = churn_changes.segment_value
            and calendar.month = churn_changes.month
    window so_far as (
        partition by first_months.churn_rule, first_months.segment_name, first_months.segment_value
        order by calendar.month
    )

),

final as (

    select
        month,
        churn_rule,
        segment_name,
        segment_value,
        cast(customers_at_start as integer) as customers_at_start,
        cast(customers_lost as integer) as customers_lost,
        cast(customers_unknown as integer) as customers_unknown,
        cast(cast(customers_lost as numeric) / customers_at_start as numeric(20, 6)) as churn_rate,
        {{ wilson('customers_lost', 'customers_at_start', '-') }} as ci_low,
        {{ wilson('customers_lost', 'customers_at_start', '+') }} as ci_high
    from running

)

select * from final
