with

sent as (

    select * from {{ ref('int_surveys__sent') }}

),

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

-- Attributed to the day a survey was sent. No source says which ones arrived, so all that were sent are below the line.
answered as (

    select
        'response_rate_of_sent' as metric_variant,
        source,
        question,
        channel,
        sent_date as business_date,
        cast(is_elapsed as integer) as n,
        cast(is_elapsed and is_answered as integer) as positives,
        cast(not is_elapsed as integer) as unfinished
    from sent

),

submissions as (

    select
        submission_key,
        source,
        channel,
        business_date,
        count(comment) > 0 as has_comment
    from responses
    where responded_at is not null
    group by submission_key, source, channel, business_date

),

commented as (

    select
        'comment_rate' as metric_variant,
        source,
        cast(null as text) as question,
        channel,
        business_date,
        1 as n,
        cast(has_comment as integer) as positives,
        0 as unfinished
    from submissions

),

covered as (

    select * from {{ ref('int_surveys__coverage') }}

),

unioned as (

    select * from answered
    union all
    select * from commented
    union all
    select * from covered

),

components as (

    select
        metric_variant,
        source,
        question,
        channel,
        business_date,
        sum(n) as n,
        sum(positives) as positives,
        sum(unfinished) as unfinished
    from unioned
    group by metric_variant, source, question, channel, business_date

),

segmented as (

    select
        components.metric_variant,
        segment.segment_name,
        segment.segment_value,
        components.business_date,
        sum(components.n) as n,
        sum(components.positives) as positives,
        0 as negatives,
        cast(0 as numeric) as total,
        cast(0 as numeric) as total_of_squares,
        sum(components.unfinished) as unfinished
    from components
    cross join
        lateral ({{ segments('components', ['source', 'question', 'channel']) }})
            as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by components.metric_variant, segment.segment_name, segment.segment_value, components.business_date

)

select * from segmented
