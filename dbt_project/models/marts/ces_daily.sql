{{ config(unique_key=['business_date', 'source', 'channel']) }}

with

surveys as (

    select * from {{ ref('int_surveys__daily_rolling') }}

),

final as (

    select
        business_date,
        source,
        channel,
        cast(n as integer) as n,
        cast(positives as integer) as easy,
        cast(neutrals as integer) as neutral,
        cast(negatives as integer) as hard,
        cast(100 * positives / nullif(n, 0) as numeric(20, 6)) as score,
        {{ wilson('positives', 'n', '-', 100) }} as ci_low,
        {{ wilson('positives', 'n', '+', 100) }} as ci_high,
        cast(rolling_n as integer) as rolling_30d_n,
        cast(rolling_positives as integer) as rolling_30d_easy,
        cast(rolling_neutrals as integer) as rolling_30d_neutral,
        cast(rolling_negatives as integer) as rolling_30d_hard,
        cast(100 * rolling_positives / nullif(rolling_n, 0) as numeric(20, 6)) as rolling_30d_score,
        {{ wilson('rolling_positives', 'rolling_n', '-', 100) }} as rolling_30d_ci_low,
        {{ wilson('rolling_positives', 'rolling_n', '+', 100) }} as rolling_30d_ci_high
    from surveys
    where metric_variant = 'ces_agree'

)

select * from final
