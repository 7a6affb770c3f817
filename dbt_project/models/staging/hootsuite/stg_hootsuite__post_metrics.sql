with

metrics as (

    select * from {{ source('raw', 'hootsuite__post_metrics') }}

),

renamed as (

    select
        'hootsuite:' || _account || ':' || "profileId" || ':' || "externalId" || ':' || name as post_metric_key,
        'hootsuite:' || _account || ':' || "profileId" || ':' || "externalId" as post_key,
        name as metric,
        value
    from metrics

)

select * from renamed
