with

surveys as (

    select * from {{ ref('int_surveys__daily') }}

),

first_days as (

    select
        metric_variant,
        min(business_date) as first_day
    from surveys
    group by metric_variant

),

spine as (

    select
        first_days.metric_variant,
        calendar.day as business_date
    from first_days
    cross join lateral ({{ days('first_days.first_day', as_of_date()) }}) as calendar

),

pairs as (

    select distinct metric_variant, source, channel
    from surveys

),

counted as (

    select
        metric_variant,
        source,
        channel,
        business_date,
        sum(n) as n,
        sum(positives) as positives,
        sum(neutrals) as neutrals,
        sum(negatives) as negatives
    from surveys
    group by metric_variant, source, channel, business_date

),

dense as (

    select
        spine.metric_variant,
        spine.business_date,
        pairs.source,
        pairs.channel,
        coalesce(counted.n, 0) as n,
        coalesce(counted.positives, 0) as positives,
        coalesce(counted.neutrals, 0) as neutrals,
        coalesce(counted.negatives, 0) as negatives
    from spine
    inner join pairs on spine.metric_variant = pairs.metric_variant
    left join counted
        on pairs.metric_variant = counted.metric_variant
            and pairs.source = counted.source
            and pairs.channel = counted.channel
            and spine.business_date = counted.business_date

),

rolling as (

    select
        *,
        sum(n) over last_30_days as rolling_n,
        sum(positives) over last_30_days as rolling_positives,
        sum(neutrals) over last_30_days as rolling_neutrals,
        sum(negatives) over last_30_days as rolling_negatives
    from dense
    window last_30_days as (
        partition by metric_variant, source, channel order by business_date rows between 29 preceding and current row
    )

)

select * from rolling
