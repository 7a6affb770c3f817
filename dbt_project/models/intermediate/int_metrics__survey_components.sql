with

surveys as (

    select * from {{ ref('int_surveys__daily') }}

),

components as (

    select
        case metric when 'nps' then 'nps' when 'csat' then 'csat_top2' when 'ces' then 'ces_agree' end
            as metric_variant,
        source,
        question,
        business_date,
        n,
        positives,
        negatives,
        cast(0 as numeric) as total,
        cast(0 as numeric) as total_of_squares,
        0 as unfinished
    from surveys

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
        sum(components.unfinished) as unfinished
    from components
    cross join lateral ({{ segments('components', ['source', 'question']) }}) as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by components.metric_variant, segment.segment_name, segment.segment_value, components.business_date

)

select * from segmented
