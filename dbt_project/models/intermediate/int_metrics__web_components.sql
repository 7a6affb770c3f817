with

days as (

    select * from {{ ref('int_web__days') }}

),

-- Sessions of a date that has not settled are unfinished: more may come, and move the rate.
components as (

    select
        measure.metric_variant,
        segment.segment_name,
        segment.segment_value,
        days.business_date,
        sum(days.sessions) as n,
        sum(measure.positives) as positives,
        0 as negatives,
        cast(0 as numeric) as total,
        cast(0 as numeric) as total_of_squares,
        sum(case when days.is_provisional then days.sessions else 0 end) as unfinished
    from days
    cross join
        lateral (
            values
            ('bounce_rate', days.sessions - days.engaged_sessions),
            ('session_conversion_rate', days.converted_sessions)
        ) as measure (metric_variant, positives)
    cross join
        lateral (
            {{ segments('days', ['source', 'channel']) }}
        ) as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by measure.metric_variant, segment.segment_name, segment.segment_value, days.business_date

)

select * from components where n > 0
