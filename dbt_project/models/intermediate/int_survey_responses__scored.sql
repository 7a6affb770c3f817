with

responses as (

    select * from {{ ref('int_survey_responses__unioned') }}

),

metric_declarations as (

    select * from {{ source('ops', 'metric_declarations') }}

),

-- A declaration for the form itself wins over one for every form.
declared as (

    select
        responses.response_key,
        responses.answer,
        metric_declarations.metric,
        metric_declarations.scale_min,
        metric_declarations.scale_max,
        metric_declarations.direction,
        row_number() over (
            partition by responses.response_key
            order by case when metric_declarations.form_id = '*' then 1 else 0 end
        ) as preference
    from responses
    inner join metric_declarations
        on responses.source = metric_declarations.source
            and responses.question = metric_declarations.field_ref
            and metric_declarations.form_id in ('*', responses.form_id)

),

-- An answer outside its scale stays unscored: clamping it would make up an opinion.
scored as (

    select
        response_key,
        metric,
        scale_min,
        scale_max,
        direction,
        case
            when answer between scale_min and scale_max and answer = floor(answer)
                then cast(answer as integer)
        end as score
    from declared
    where preference = 1

),

-- goodness runs the way a high number is good, whatever the form's own direction is.
with_goodness as (

    select
        *,
        case when direction = 'low_is_good' then scale_min + scale_max - score else score end as goodness
    from scored

),

-- The scales for which METRICS has a definition; on any other an answer keeps its score and is in no bucket.
with_variant as (

    select
        *,
        case
            when metric = 'nps' and scale_min = 0 and scale_max = 10 then 'nps'
            when metric = 'csat' and (scale_min, scale_max) in ((1, 5), (1, 3), (0, 1)) then 'csat_top2'
            when metric = 'ces' and scale_min = 1 and scale_max = 5 then 'ces_agree'
            when metric = 'ces' and scale_min = 1 and scale_max = 7 then 'ces7'
        end as metric_variant
    from with_goodness

),

-- 1: promoter, satisfied, easy; 0: passive, neutral; -1: detractor, dissatisfied, hard.
with_outcome as (

    select
        *,
        case
            when metric_variant = 'nps'
                then case when goodness >= 9 then 1 when goodness >= 7 then 0 when goodness >= 0 then -1 end
            when metric_variant is not null then sign(2 * goodness - scale_min - scale_max)
        end as outcome
    from with_variant

),

final as (

    select
        response_key,
        metric,
        metric_variant,
        scale_min,
        scale_max,
        direction,
        score,
        goodness,
        cast(outcome as integer) as outcome,
        case
            when metric = 'nps'
                then case outcome when 1 then 'promoter' when 0 then 'passive' when -1 then 'detractor' end
            when metric = 'csat'
                then case outcome when 1 then 'satisfied' when 0 then 'neutral' when -1 then 'dissatisfied' end
            when metric = 'ces'
                then case outcome when 1 then 'easy' when 0 then 'neutral' when -1 then 'hard' end
        end as bucket
    from with_outcome

)

select * from final
