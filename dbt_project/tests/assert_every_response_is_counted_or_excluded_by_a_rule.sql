-- The number of responses in the mart, unless it is that of responses neither deleted nor superseded by a later rating.
with

expected as (

    select response_key
    from {{ ref('stg_asknicely__responses') }}
    where not is_deleted
    union all
    select response_key
    from {{ ref('stg_typeform__responses') }}
    where not is_deleted
    union all
    select max(rating_key) as response_key
    from {{ ref('stg_zendesk__satisfaction_ratings') }}
    where not is_deleted
    group by ticket_key

),

counted as (

    select count(distinct identity) as responses
    from (
        select
            case
                when source = 'typeform' and question is not null then replace(response_key, ':' || question, '')
                else response_key
            end as identity
        from {{ ref('fct_survey_responses') }}
    ) as identities

),

expected_count as (

    select count(*) as responses
    from expected

)

select expected_count.responses as expected, counted.responses as counted
from expected_count
cross join counted
where expected_count.responses <> counted.responses
