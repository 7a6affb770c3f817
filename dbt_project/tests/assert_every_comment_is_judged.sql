-- The words of every comment have been looked at, by one version of the judge.
with

comments as (

    select * from {{ ref('int_feedback__comments') }}

),

versions as (

    select count(distinct model_version) as n
    from comments

)

select comments.response_key
from comments
cross join versions
where comments.sentiment is null or versions.n > 1
