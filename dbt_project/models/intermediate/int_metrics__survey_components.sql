with

scores as (

    select * from {{ ref('int_surveys__score_components') }}

),

rates as (

    select * from {{ ref('int_surveys__rate_components') }}

),

loops as (

    select * from {{ ref('int_surveys__loop_components') }}

),

unioned as (

    select * from scores
    union all
    select * from rates
    union all
    select * from loops

)

select * from unioned
