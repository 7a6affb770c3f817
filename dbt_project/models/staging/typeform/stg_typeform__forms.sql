with

forms as (

    select * from {{ source('raw', 'typeform__forms') }}

),

renamed as (

    select
        'typeform:' || _account || ':' || id as form_key,
        id as form_id,
        title,
        created_at,
        last_updated_at
    from forms

)

select * from renamed
