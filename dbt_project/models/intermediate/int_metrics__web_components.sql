with

days as (

    select * from {{ ref('int_web__days') }}

),

-- Sessions of a date that has not settled are unfinished: more may come, and move the rate.
components as (

    select
        measure.*, days.business_date, days.source, days.channel,
        days.sessions as n,
        case when days.is_provisional then days.sessions else 0 end as unfinished
    from days
    cross join
        lateral (
            values
            ('bounce_rate', days.sessions - days.engaged_sessions),
            ('session_conversion_rate', days.converted_sessions)
        ) as measure (metric_variant, positives)

),

segmented as (

    {{ components_by_segment('components', ['source', 'channel'], ['unfinished']) }}

)

select * from segmented
