with

users as (

    select * from {{ source('raw', 'gorgias__users') }}

),

renamed as (

    select
        'gorgias:' || _account || ':' || id as user_key,
        name,
        {{ normal_email('email') }} as email,
        role__name as role,
        coalesce(active, true) and deactivated_datetime is null and _deleted_at is null as is_active,
        created_datetime as created_at
    from users

)

select * from renamed
