with

restatements as (

    select * from {{ source('inference', 'restatements') }}

),

definitions as (

    select * from {{ ref('metric_definitions') }}

),

final as (

    select
        restatements.since_publication_id,
        restatements.metric_variant,
        restatements.grain,
        restatements.period_start,
        restatements.segment_name,
        restatements.segment_value,
        restatements.period_end,
        definitions.unit,
        restatements.old_value,
        restatements.new_value,
        restatements.old_n,
        restatements.new_n,
        restatements.old_numerator,
        restatements.new_numerator,
        restatements.was_complete,
        restatements.made_otherwise,
        restatements.reason,
        restatements.reasons
    from restatements
    left join definitions on restatements.metric_variant = definitions.metric_variant

)

select * from final
