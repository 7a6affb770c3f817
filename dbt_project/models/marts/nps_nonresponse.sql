{{ config(unique_key=['grain', 'period_start', 'segment_name', 'segment_value']) }}

with

poststratified as (

    select * from {{ ref('int_surveys__poststratified') }}

),

-- Had the silent answered too, each of them would have moved the balance by one at most.
with_silent as (

    select
        *,
        invited - answers as silent,
        promoters - detractors as balance
    from poststratified
    where invited > 0

),

final as (

    select
        grain,
        period_start,
        segment_name,
        segment_value,
        period_end,
        cast(invited as integer) as invited,
        cast(answers as integer) as answers,
        cast(answers / invited as numeric(20, 6)) as response_rate,
        cast(promoters as integer) as promoters,
        cast(answers - promoters - detractors as integer) as passives,
        cast(detractors as integer) as detractors,
        {{ net_score('promoters', 'detractors', 'answers') }} as nps,
        {{ net_score('weighted_promoters', 'weighted_detractors', 'effective_n') }} as nps_poststratified,
        cast(effective_n as integer) as effective_answers,
        cast(strata as integer) as strata,
        cast(unrepresented as integer) as unrepresented,
        cast(100 * (balance - silent) / invited as numeric(20, 6)) as nps_if_silent_detract,
        cast(100 * (balance + silent) / invited as numeric(20, 6)) as nps_if_silent_promote,
        cast(-100 * balance / nullif(silent, 0) as numeric(20, 6)) as silent_nps_at_zero,
        case when answers > 0 then abs(balance) <= silent end as can_sign_flip,
        unfinished = 0 and period_end <= {{ as_of_date() }} + 1 as is_complete
    from with_silent

)

select * from final
