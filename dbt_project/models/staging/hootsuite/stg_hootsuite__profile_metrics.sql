with

metrics as (

    select * from {{ source('raw', 'hootsuite__profile_metrics') }}

),

renamed as (

    select
        'hootsuite:' || _account || ':' || "profileId" || ':' || date
        || ':' || name || ':' || breakdown || ':' || dimension as profile_metric_key,
        'hootsuite:' || _account || ':' || "profileId" as profile_key,
        date as metric_date,
        name as metric,
        -- None in the row that holds the total.
        nullif(breakdown, '') as breakdown,
        nullif(dimension, '') as dimension,
        value
    from metrics

)

select * from renamed
