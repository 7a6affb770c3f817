-- Submissions that are missing from the mart although no named rule excludes them, and the reverse.
with

expected as (

    select response_key as submission_key
    from {{ ref('stg_asknicely__responses') }}
    where not is_deleted
    union all
    select response_key as submission_key
    from {{ ref('stg_delighted__responses') }}
    where not is_deleted
    union all
    select response_key as submission_key
    from {{ ref('stg_typeform__responses') }}
    where not is_deleted
    union all
    select response_key as submission_key
    from {{ ref('stg_surveymonkey__responses') }}
    where not is_deleted and status = 'completed'
    union all
    select response_key as submission_key
    from {{ ref('stg_qualtrics__responses') }}
    where
        not is_deleted
        and is_finished
        and coalesce(kind, '') not in ('Survey Preview', 'Survey Test', 'Spam')
    union all
    select rating_key as submission_key
    from {{ ref('int_survey_responses__latest_ratings') }}
    union all
    select response_key as submission_key
    from {{ ref('stg_zendesk__survey_responses') }}
    where not is_deleted
    union all
    select rating_key as submission_key
    from {{ ref('stg_freshdesk__satisfaction_ratings') }}
    where not is_deleted
    union all
    select survey_key as submission_key
    from {{ ref('stg_gorgias__satisfaction_surveys') }}
    where not is_deleted and (sent_at is not null or responded_at is not null)

),

counted as (

    select distinct responses.submission_key
    from {{ ref('fct_survey_responses') }} as marts
    left join {{ ref('int_survey_responses__joined') }} as responses on marts.response_key = responses.response_key

)

select coalesce(expected.submission_key, counted.submission_key) as submission_key
from expected
full join counted on expected.submission_key = counted.submission_key
where expected.submission_key is null or counted.submission_key is null
