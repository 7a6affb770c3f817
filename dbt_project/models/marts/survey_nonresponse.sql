{{ config(unique_key=['source', 'question', 'trait', 'trait_value']) }}

with

invited as (

    select * from {{ ref('int_surveys__invited') }}

),

traits as (

    select
        invited.source,
        invited.question,
        trait.trait,
        trait.trait_value,
        count(*) as invited,
        count(invited.outcome) as answers,
        count(*) filter (where invited.outcome = 1) as promoters,
        count(*) filter (where invited.outcome = 0) as passives,
        count(*) filter (where invited.outcome = -1) as detractors
    from invited
    cross join
        lateral ({{ segments('invited', ['order_value_band', 'delivery_outcome', 'tickets']) }})
            as trait (trait, trait_value)
    where invited.is_elapsed
    group by invited.source, invited.question, trait.trait, trait.trait_value

),

compared as (

    select
        *,
        sum(invited) over (partition by source, question, trait) as all_invited,
        sum(answers) over (partition by source, question, trait) as all_answers
    from traits

),

final as (

    select
        source,
        question,
        trait,
        trait_value,
        cast(invited as integer) as invited,
        cast(answers as integer) as answers,
        cast(cast(answers as numeric) / invited as numeric(20, 6)) as response_rate,
        {{ wilson('answers', 'invited', '-') }} as response_rate_ci_low,
        {{ wilson('answers', 'invited', '+') }} as response_rate_ci_high,
        cast(invited / all_invited as numeric(20, 6)) as share_of_invited,
        cast(answers / nullif(all_answers, 0) as numeric(20, 6)) as share_of_answers,
        cast(promoters as integer) as promoters,
        cast(passives as integer) as passives,
        cast(detractors as integer) as detractors,
        {{ net_score('promoters', 'detractors', 'answers') }} as nps,
        {{ adjusted_wald('promoters', 'detractors', 'answers', '-') }} as nps_ci_low,
        {{ adjusted_wald('promoters', 'detractors', 'answers', '+') }} as nps_ci_high,
        answers >= {{ var('minimum_n') }} as has_minimum_n
    from compared

)

select * from final
