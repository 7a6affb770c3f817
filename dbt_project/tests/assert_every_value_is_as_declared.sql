-- Values of a variant that is not declared, or that are not what their declaration says: kind, unit or version.
with

published as (

    select distinct metric_variant, kind, unit, definition_version
    from {{ ref('metric_values') }}

),

declared as (

    select metric_variant, kind, unit, definition_version
    from {{ ref('metric_definitions') }}

)

select * from published
except
select * from declared
