with

loads as (

    select * from {{ source('ops', 'loads') }}

),

watermarks as (

    select * from {{ source('ops', 'watermarks') }}

),

-- The last night that arrived whole is what a stream is complete to; a later one may have failed.
latest as (

    select
        source,
        account,
        stream,
        max(night) filter (where status = 'done') as last_night,
        max(night) as last_tried_night,
        count(*) filter (where status = 'done') as nights_loaded
    from loads
    group by source, account, stream

),

joined as (

    select
        latest.source,
        latest.account,
        latest.stream,
        watermarks.watermark_at as complete_to,
        latest.last_night,
        latest.last_tried_night,
        latest.nights_loaded
    from latest
    left join watermarks
        on latest.source = watermarks.source
            and latest.account = watermarks.account
            and latest.stream = watermarks.stream

)

select * from joined
