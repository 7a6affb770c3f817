{{ config(unique_key=['source', 'account', 'stream']) }}

with

streams as (

    select * from {{ ref('int_data__streams') }}

),

-- Freshness is told against the night the figures stand for, not against the clock: the same data say the same.
final as (

    select
        source,
        account,
        stream,
        {{ as_of_date() }} as as_of_date,
        complete_to,
        last_night,
        last_tried_night,
        cast(greatest({{ as_of_date() }} - last_night, 0) as integer) as nights_behind,
        last_tried_night > coalesce(last_night, last_tried_night - 1) as is_last_night_failed,
        cast(nights_loaded as integer) as nights_loaded
    from streams

)

select * from final
