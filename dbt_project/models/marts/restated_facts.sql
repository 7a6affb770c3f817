{{ config(unique_key=['since_publication_id', 'fact', 'fact_key', 'dated_by']) }}

with

restated_facts as (

    select * from {{ ref('int_metrics__restated_facts') }}

)

select * from restated_facts
