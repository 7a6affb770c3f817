with

identities as (

    select * from {{ ref('int_identities__unioned') }}

),

other_emails as (

    select * from {{ ref('int_identities__other_emails') }}

),

reference_values as (

    select * from {{ ref('int_identities__reference_values') }}

),

-- What an identity can be recognised by under each rule. `second_value` must be the same too.
valued as (

    select
        identity_key,
        'own_id' as rule,
        'person_id' as signal,
        person_id as value,
        '' as second_value,
        bearer,
        1 as place,
        seen_at
    from identities
    where person_id is not null
    union all
    select
        identity_key,
        'email' as rule,
        'email' as signal,
        email as value,
        '' as second_value,
        bearer,
        1 as place,
        seen_at
    from identities
    where email is not null
    union all
    select
        identities.identity_key,
        'email' as rule,
        'email' as signal,
        other_emails.email as value,
        '' as second_value,
        identities.bearer,
        1 as place,
        identities.seen_at
    from other_emails
    inner join identities on other_emails.identity_key = identities.identity_key
    union all
    select
        identity_key,
        'phone_and_name' as rule,
        'phone' as signal,
        normal_phone as value,
        coalesce(normal_name, identity_key) as second_value,
        bearer,
        1 as place,
        seen_at
    from identities
    where normal_phone is not null
    union all
    select
        identity_key,
        'phone_and_family_name' as rule,
        'phone' as signal,
        normal_phone as value,
        {{ short_name('normal_name') }} as second_value,
        bearer,
        1 as place,
        seen_at
    from identities
    where normal_phone is not null and normal_name like '% %'
    union all
    select * from reference_values

)

select * from valued
