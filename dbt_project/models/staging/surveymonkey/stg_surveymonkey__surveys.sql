with

surveys as (

    select * from {{ source('raw', 'surveymonkey__surveys') }}

),

renamed as (

    select
        'surveymonkey:' || _account || ':' || id as survey_key,
        id as survey_id,
        title,
        language,
        question_count,
        response_count,
        _deleted_at is not null as is_deleted,
        date_created as created_at,
        date_modified as last_modified_at
    from surveys

)

select * from renamed
