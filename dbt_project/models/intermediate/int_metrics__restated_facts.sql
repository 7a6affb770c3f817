with

restated_facts as (

    select * from {{ source('inference', 'restated_facts') }}

),

final as (

    select
        since_publication_id,
        fact,
        fact_key,
        dated_by,
        old_date,
        new_date,
        change,
        reason,
        changed_columns,
        segments
    from restated_facts

)

select * from final
