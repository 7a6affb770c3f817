{% set segments_of_answers = [
    'source', 'question', 'channel', 'country', 'delivery_outcome', 'order_value_band', 'customer_age_band'
] %}

with

responses as (

    select * from {{ ref('int_survey_responses__components') }}

),

components as (

    select
        metric_variant,
        {{ segments_of_answers | join(',\n        ') }},
        business_date,
        count(*) as n,
        sum(positives) as positives,
        sum(negatives) as negatives,
        sum(total) as total,
        sum(total * total) as total_of_squares
    from responses
    group by metric_variant, {{ segments_of_answers | join(', ') }}, business_date

),

segmented as (

    {{ components_by_segment('components', segments_of_answers, ['negatives', 'total', 'total_of_squares']) }}

)

select * from segmented
