with

questions as (

    select * from {{ source('raw', 'surveymonkey__survey_details__questions') }}

),

revisions as (

    select * from {{ ref('stg_surveymonkey__survey_revisions') }}

),

joined as (

    select
        revisions.revision_key || ':' || questions.id as question_key,
        revisions.revision_key,
        revisions.survey_key,
        questions.id as question,
        questions.family,
        questions.subtype,
        questions.position as position_in_page,
        questions.heading,
        revisions.revised_at
    from questions
    inner join revisions
        on revisions.revision_key = 'surveymonkey:' || questions._account || ':' || questions._parent_key

)

select * from joined
