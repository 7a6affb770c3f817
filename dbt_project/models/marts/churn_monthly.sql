{{ config(unique_key=['month', 'churn_rule', 'segment_name', 'segment_value']) }}

with

periods as (

    select * from {{ ref('int_churn__periods') }}

),

rules as (

    select * from {{ ref('churn_rules') }}

),

-- Who has gone quiet had done so by the month's start, whenever that was; a subscription ends within the month.
counted as (

    select
        periods.month,
        periods.churn_rule,
        periods.segment_name,
        periods.segment_value,
        rules.basis,
        rules.definition_version,
        cast(periods.month + interval '1 month' as date) <= {{ as_of_date() }} + 1 as is_complete,
        periods.at_start as customers_at_start,
        periods.newly_lost as customers_newly_lost,
        periods.won_back as customers_won_back,
        case rules.basis when 'quiet' then periods.lost else periods.newly_lost end as customers_lost,
        case
            when rules.basis = 'quiet' then periods.unknown
            when periods.newly_lost is null then periods.at_start
            else 0
        end as customers_unknown,
        periods.at_start - periods.lost as customers_not_lost_at_start
    from periods
    inner join rules on periods.churn_rule = rules.churn_rule

),

with_known as (

    select
        *,
        customers_unknown < customers_at_start as is_known,
        case
            when basis = 'quiet' then month
            else least(cast(month + interval '1 month' as date) - 1, {{ as_of_date() }})
        end as as_of_date
    from counted
    where customers_at_start > 0

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
        case when is_known then cast(cast(customers_lost as numeric) / customers_at_start as numeric(20, 6)) end
            as churn_rate,
        case when is_known then {{ wilson('customers_lost', 'customers_at_start', '-') }} end as ci_low,
        case when is_known then {{ wilson('customers_lost', 'customers_at_start', '+') }} end as ci_high,
        cast(
            cast(customers_lost as numeric) / nullif(customers_at_start - customers_unknown, 0) as numeric(20, 6)
        ) as churn_rate_of_known,
        basis,
        as_of_date,
        cast(customers_not_lost_at_start as integer) as customers_not_lost_at_start,
        cast(customers_newly_lost as integer) as customers_newly_lost,
        cast(customers_won_back as integer) as customers_won_back,
        cast(
            cast(customers_newly_lost as numeric) / nullif(customers_not_lost_at_start, 0) as numeric(20, 6)
        ) as newly_lost_rate,
        {{ wilson('customers_newly_lost', 'customers_not_lost_at_start', '-') }} as newly_lost_ci_low,
        {{ wilson('customers_newly_lost', 'customers_not_lost_at_start', '+') }} as newly_lost_ci_high,
        is_complete,
        definition_version
    from with_known

)

select * from final
