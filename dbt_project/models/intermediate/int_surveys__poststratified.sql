with

strata as (

    select * from {{ ref('int_surveys__strata') }}

),

-- A stratum weighs as much as it was invited, of the strata in which anybody answered.
weighed as (

    select
        *,
        case
            when answers > 0
                then
                    cast(invited as numeric)
                    / sum(invited) filter (where answers > 0) over (
                        partition by grain, segment_name, segment_value, period_start
                    )
        end as weight
    from strata

),

summed as (

    select
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        sum(invited) as invited,
        sum(unfinished) as unfinished,
        sum(answers) as answers,
        sum(promoters) as promoters,
        sum(detractors) as detractors,
        count(*) filter (where answers > 0) as strata,
        coalesce(sum(invited) filter (where answers = 0), 0) as unrepresented,
        sum(weight * promoters / nullif(answers, 0)) as promoter_share,
        sum(weight * detractors / nullif(answers, 0)) as detractor_share,
        -- Unequal weights make answers count for fewer (Kish): as many equally weighted ones would tell as much.
        coalesce(floor(round(1 / sum(weight * weight / nullif(answers, 0)), 6)), 0) as effective_n
    from weighed
    group by grain, segment_name, segment_value, period_start, period_end

),

final as (

    select
        *,
        cast(promoter_share * effective_n as numeric(20, 6)) as weighted_promoters,
        cast(detractor_share * effective_n as numeric(20, 6)) as weighted_detractors
    from summed

)

select * from final
