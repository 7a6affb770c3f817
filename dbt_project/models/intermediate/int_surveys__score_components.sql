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

    select
        components.metric_variant,
        segment.segment_name,
        segment.segment_value,
        components.business_date,
        sum(components.n) as n,
        sum(components.positives) as positives,
        sum(components.negatives) as negatives,
        sum(components.total) as total,
        sum(components.total_of_squares) as total_of_squares,
        0 as unfinished
    from components
    cross join lateral ({{ segments('components', segments_of_answers) }}) as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by components.metric_variant, segment.segment_name, segment.segment_value, components.business_date

)

select * from segmented
