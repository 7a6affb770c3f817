with

held as (

    select * from {{ source('ops', 'held_records') }}

),

stream_facts as (

    select * from {{ ref('stream_facts') }}

),

metric_facts as (

    select * from {{ ref('metric_facts') }}

),

-- Comments and follow-ups are of answers: what an answer's record may move, it may move there.
counting as (

    select distinct
        metric_variant,
        case when fact in ('feedback_comments', 'closed_loop') then 'fct_survey_responses' else fact end as fact
    from metric_facts

),

-- A record that several facts of a metric would count is held once.
moving as (

    select
        counting.metric_variant,
        held.source,
        held.stream,
        held.records,
        bool_or(stream_facts.is_observation) as is_observation
    from held
    inner join stream_facts on held.source = stream_facts.source and held.stream = stream_facts.stream
    inner join counting on stream_facts.fact = counting.fact
    group by counting.metric_variant, held.source, held.stream, held.records

),

summed as (

    select
        metric_variant,
        coalesce(source, 'all') as source,
        sum(records) as records_held,
        coalesce(sum(records) filter (where is_observation), 0) as observations_held
    from moving
    group by grouping sets ((metric_variant, source), (metric_variant))

)

select * from summed
