with

messages as (

    select * from {{ source('raw', 'hootsuite__messages') }}

),

renamed as (

    select
        'hootsuite:' || _account || ':' || id as message_key,
        'hootsuite:' || _account || ':' || "socialProfile__id" as profile_key,
        -- None until it is sent.
        'hootsuite:' || _account || ':' || "socialProfile__id" || ':' || "postId" as post_key,
        "socialProfile__type" as network,
        state,
        state = 'SENT' as is_sent,
        text,
        tags,
        "postUrl" as post_url,
        "createdByMember__id" as member_id,
        "scheduledSendTime" as scheduled_at,
        _deleted_at is not null as is_deleted
    from messages

)

select * from renamed
