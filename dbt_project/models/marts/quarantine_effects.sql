{{ config(unique_key=['metric_variant', 'grain', 'source']) }}

with

held as (

    select * from {{ ref('int_quarantine__held') }}

),

metric_values as (

    select * from {{ ref('metric_values') }}

),

newest as (

    select
        *,
        max(period_end) over (partition by grain) as newest_end
    from metric_values
    where grain in ('all_time', 'rolling_30d') and segment_name in ('all', 'source')

),

-- What is not known of a record may be anything: that it is one observation more, or that it turns one round.
moved as (

    select
        newest.*,
        held.source,
        held.records_held,
        held.observations_held,
        held.records_held - held.observations_held as turned,
        newest.n + held.observations_held as n_with_held
    from newest
    inner join held on newest.metric_variant = held.metric_variant and newest.segment_value = held.source
    where newest.period_end = newest.newest_end

),

bounded as (

    select
        *,
        case
            when kind = 'net' then greatest(-100, 100 * (numerator - observations_held - 2 * turned) / n_with_held)
            when kind = 'share' then greatest(0, 100 * (numerator - turned) / n_with_held)
            when unit = 'tickets' then greatest(0, value - turned)
        end as lowest_value,
        case
            when kind = 'net' then least(100, 100 * (numerator + observations_held + 2 * turned) / n_with_held)
            when kind = 'share' then least(100, 100 * (numerator + observations_held + turned) / n_with_held)
            when unit = 'tickets' then value + observations_held
        end as highest_value
    from moved

),

final as (

    select
        metric_variant,
        grain,
        source,
        period_start,
        period_end,
        cast(records_held as integer) as records_held,
        cast(observations_held as integer) as observations_held,
        n,
        value,
        cast(lowest_value as numeric(20, 6)) as lowest_value,
        cast(highest_value as numeric(20, 6)) as highest_value,
        unit
    from bounded

)

select * from final
