with

survey_details as (

    select * from {{ source('raw', 'surveymonkey__survey_details') }}

),

renamed as (

    select
        'surveymonkey:' || _account || ':' || id || '|' || revision as revision_key,
        'surveymonkey:' || _account || ':' || id as survey_key,
        title,
        date_modified as revised_at
    from survey_details

)

select * from renamed
