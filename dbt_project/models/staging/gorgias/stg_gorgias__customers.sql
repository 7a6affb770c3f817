with

customers as (

    select * from {{ source('raw', 'gorgias__customers') }}

),

renamed as (

    select
        'gorgias:' || _account || ':' || id as customer_key,
        name,
        {{ normal_email('email') }} as email,
        nullif(trim(external_id), '') as external_id,
        language,
        _deleted_at is not null as is_deleted,
        created_datetime as created_at,
        updated_datetime as updated_at
    from customers

)

select * from renamed
