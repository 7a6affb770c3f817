with

posts as (

    select * from {{ source('raw', 'hootsuite__post_analytics') }}

),

renamed as (

    select
        'hootsuite:' || _account || ':' || "profileId" || ':' || "externalId" as post_key,
        'hootsuite:' || _account || ':' || "profileId" as profile_key,
        "externalId" as post_id,
        "postType" as post_type,
        title,
        content as text,
        "sourceLink" as post_url,
        campaign__label as campaign,
        "isViral" as is_viral,
        "detectedViralAt" as detected_viral_at,
        "createdAt" as published_at,
        "lastRefreshed" as refreshed_at
    from posts

)

select * from renamed
