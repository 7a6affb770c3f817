with

metrics as (

    select * from {{ source('raw', 'hootsuite__inbox_metrics') }}

),

renamed as (

    select
        'hootsuite:' || _account || ':' || metric || ':' || extract(epoch from timestamp)::bigint || ':' || team
            as inbox_metric_key,
        metric,
        -- None where the vendor does not divide the metric by team, or where no team had anything.
        nullif(team, '') as team_id,
        -- A count, or seconds on average; none where there was nothing to count or average.
        value,
        -- When the business day that it is of began.
        timestamp as day_began_at
    from metrics

)

select * from renamed
