with

responses as (

    select * from {{ ref('int_survey_responses__segmented') }}

),

-- Effort on seven points is told in three ways, each under its own name.
variants as (

    select 'nps' as answered_variant, 'nps' as metric_variant
    union all
    select 'csat_top2' as answered_variant, 'csat_top2' as metric_variant
    union all
    select 'ces_agree' as answered_variant, 'ces_agree' as metric_variant
    union all
    select 'ces7' as answered_variant, 'ces7_mean' as metric_variant
    union all
    select 'ces7' as answered_variant, 'ces7_top3' as metric_variant
    union all
    select 'ces7' as answered_variant, 'ces7_net' as metric_variant

),

components as (

    select
        responses.response_key,
        responses.customer_key,
        variants.metric_variant,
        responses.source,
        responses.question,
        responses.channel,
        responses.country,
        responses.delivery_outcome,
        responses.order_value_band,
        responses.customer_age_band,
        responses.order_key,
        responses.agent,
        responses.responded_at,
        responses.business_date,
        case variants.metric_variant
            when 'ces7_mean' then 0
            when 'ces7_top3' then cast(responses.goodness >= 5 as integer)
            when 'ces7_net' then cast(responses.goodness >= 6 as integer)
            else cast(responses.outcome = 1 as integer)
        end as positives,
        case variants.metric_variant
            when 'ces7_mean' then 0
            when 'ces7_net' then cast(responses.goodness <= 3 as integer)
            else cast(responses.outcome = -1 as integer)
        end as negatives,
        case variants.metric_variant when 'ces7_mean' then responses.goodness else 0 end as total
    from responses
    inner join variants on responses.metric_variant = variants.answered_variant

)

select * from components
