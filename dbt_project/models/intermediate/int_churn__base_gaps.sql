{#- A histogram that grows by month, so that the cost is that of the gaps once, and of distinct lengths per month. -#}

with

order_days as (

    select * from {{ ref('int_customers__order_days') }}

),

rules as (

    select * from {{ ref('churn_rules') }}

),

gaps as (

    select
        {{ month_after('order_date') }} as month,
        order_date - previous_order_date as gap_days,
        count(*) as gaps
    from order_days
    where previous_order_date is not null
    group by {{ month_after('order_date') }}, order_date - previous_order_date

),

lengths as (

    select distinct gap_days
    from gaps

),

spine as (

    select calendar.month
    from (select min(month) as first_month from gaps) as bounds
    cross join lateral ({{ months('bounds.first_month', as_of_date() ~ ' + 1') }}) as calendar

),

so_far as (

    select
        spine.month,
        lengths.gap_days,
        sum(coalesce(gaps.gaps, 0)) over (partition by lengths.gap_days order by spine.month) as gaps
    from spine
    cross join lengths
    left join gaps on spine.month = gaps.month and lengths.gap_days = gaps.gap_days

),

ranked as (

    select
        month,
        gap_days,
        sum(gaps) over (partition by month order by gap_days) as gaps_up_to,
        sum(gaps) over (partition by month) as gaps_in_all
    from so_far

),

-- The shortest length that this share of all gaps does not exceed.
final as (

    select
        ranked.month,
        min(ranked.gap_days) as base_gap_days,
        min(ranked.gaps_in_all) as gaps
    from ranked
    inner join rules
        on rules.churn_rule = 'cadence' and ranked.gaps_up_to >= rules.base_percentile * ranked.gaps_in_all
    group by ranked.month

)

select * from final
