with

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

daily as (

    select
        metric_variant,
        source,
        channel,
        question,
        business_date,
        count(*) as n,
        count(*) filter (where outcome = 1) as positives,
        count(*) filter (where outcome = 0) as neutrals,
        count(*) filter (where outcome = -1) as negatives
    from responses
    where outcome is not null and business_date <= {{ as_of_date() }}
    group by metric_variant, source, channel, question, business_date

)

select * from daily
