with

choices as (

    select * from {{ source('raw', 'surveymonkey__survey_details__choices') }}

),

revisions as (

    select * from {{ ref('stg_surveymonkey__survey_revisions') }}

),

joined as (

    select
        revisions.revision_key,
        revisions.survey_key,
        choices.question_id as question,
        choices.id as choice_id,
        choices.kind,
        choices.text,
        choices.weight,
        revisions.revised_at,
        choices._position
    from choices
    inner join revisions
        on revisions.revision_key = 'surveymonkey:' || choices._account || ':' || choices._parent_key

),

-- The first wording known of a choice stands for all time before it; one that was taken out keeps its last wording.
in_force as (

    select
        revision_key || ':' || _position as choice_key,
        survey_key,
        question,
        choice_id,
        kind,
        text,
        weight,
        case when lag(revised_at) over wordings is null then '-infinity' else revised_at end as in_force_from,
        coalesce(lead(revised_at) over wordings, 'infinity') as in_force_until
    from joined
    window wordings as (partition by survey_key, choice_id order by revised_at, _position)

)

select * from in_force
