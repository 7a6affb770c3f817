{{ config(unique_key=['change_id']) }}

with

identity_changes as (

    select * from {{ ref('int_customers__identity_changes') }}

),

final as (

    select
        change_id,
        as_of_date,
        change,
        from_customer_key,
        to_customer_key,
        identities,
        rules
    from identity_changes

)

select * from final
