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
        cast(positives as integer) as promoters,
        cast(neutrals as integer) as passives,
        cast(negatives as integer) as detractors,
        {{ net_score('positives', 'negatives', 'n') }} as score,
        {{ adjusted_wald('positives', 'negatives', 'n', '-') }} as ci_low,
        {{ adjusted_wald('positives', 'negatives', 'n', '+') }} as ci_high,
        cast(rolling_n as integer) as rolling_30d_n,
        cast(rolling_positives as integer) as rolling_30d_promoters,
        cast(rolling_neutrals as integer) as rolling_30d_passives,
        cast(rolling_negatives as integer) as rolling_30d_detractors,
        {{ net_score('rolling_positives', 'rolling_negatives', 'rolling_n') }} as rolling_30d_score,
        {{ adjusted_wald('rolling_positives', 'rolling_negatives', 'rolling_n', '-') }} as rolling_30d_ci_low,
        {{ adjusted_wald('rolling_positives', 'rolling_negatives', 'rolling_n', '+') }} as rolling_30d_ci_high
    from surveys
    where metric_variant = 'nps'

)

select * from final
