with

surveys as (

    select * from {{ source('raw', 'qualtrics__surveys') }}

),

renamed as (

    select
        'qualtrics:' || _account || ':' || id as survey_key,
        id as survey_id,
        name,
        coalesce("isActive", false) as is_active,
        _deleted_at is not null as is_deleted,
        "creationDate" as created_at,
        "lastModified" as last_modified_at
    from surveys

)

select * from renamed
