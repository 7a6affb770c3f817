with

profiles as (

    select * from {{ source('raw', 'hootsuite__social_profiles') }}

),

renamed as (

    select
        'hootsuite:' || _account || ':' || id as profile_key,
        id as profile_id,
        type as network,
        "socialNetworkUsername" as profile_name,
        -- Nothing new comes from one that lost its login at the network.
        coalesce("isReauthRequired", 0) <> 0 as is_disconnected,
        _deleted_at is not null as is_deleted
    from profiles

)

select * from renamed
