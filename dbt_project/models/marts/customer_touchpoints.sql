{{ config(unique_key=['touchpoint_key']) }}

with

contacts as (

    select * from {{ ref('int_touchpoints__judged') }}

)

select * from contacts
