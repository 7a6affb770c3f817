with

questions as (

    select * from {{ source('raw', 'freshdesk__surveys__questions') }}

),

renamed as (

    select
        'freshdesk:' || _account || ':' || _parent_key || ':' || id as question_key,
        'freshdesk:' || _account || ':' || _parent_key as survey_key,
        id as question,
        label,
        coalesce("default", false) as is_default
    from questions

)

select * from renamed
