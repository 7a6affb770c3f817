with

tags as (

    select * from {{ source('raw', 'hootsuite__post_analytics__tags') }}

),

renamed as (

    select
        -- The parent's key, of which only the first bar divides.
        'hootsuite:' || _account || ':' || regexp_replace(_parent_key, '[|]', ':') as post_key,
        _position as position_in_post,
        id as tag_id,
        label as tag
    from tags

)

select * from renamed
