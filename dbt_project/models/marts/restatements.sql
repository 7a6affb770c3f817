{{
    config(unique_key=[
        'since_publication_id', 'metric_variant', 'grain', 'period_start', 'segment_name', 'segment_value'
    ])
}}

with

restatements as (

    select * from {{ ref('int_metrics__restatements') }}

)

select * from restatements
