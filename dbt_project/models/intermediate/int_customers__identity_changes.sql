with

identity_changes as (

    select * from {{ source('inference', 'identity_changes') }}

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
