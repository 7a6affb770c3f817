with

tags as (

    select * from {{ source('raw', 'gorgias__tickets__tags') }}

),

renamed as (

    select
        'gorgias:' || _account || ':' || _parent_key || ':' || id as ticket_tag_key,
        'gorgias:' || _account || ':' || _parent_key as ticket_key,
        name as tag
    from tags

)

select * from renamed
