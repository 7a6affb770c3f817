{{ config(unique_key=['agent_key']) }}

with

agents as (

    select * from {{ ref('int_users__agents') }}

),

final as (

    select
        user_key as agent_key,
        source,
        name,
        team,
        is_active
    from agents

)

select * from final
