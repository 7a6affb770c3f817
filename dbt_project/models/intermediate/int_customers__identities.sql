with

identities as (

    select * from {{ ref('int_identities__unioned') }}

),

customer_identities as (

    select * from {{ source('inference', 'customer_identities') }}

),

joined as (

    select
        identities.identity_key,
        customer_identities.customer_key,
        identities.source,
        identities.origin,
        identities.email
    from identities
    left join customer_identities on identities.identity_key = customer_identities.identity_key

)

select * from joined
