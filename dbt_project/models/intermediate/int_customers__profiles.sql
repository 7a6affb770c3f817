with

identities as (

    select * from {{ ref('int_identities__unioned') }}

),

keys as (

    select * from {{ ref('int_customers__identities') }}

),

keyed as (

    select
        keys.customer_key,
        identities.*
    from identities
    inner join keys on identities.identity_key = keys.identity_key

),

-- By the preference of identity_origins, newest before older: first who knows a fact tells it.
profiles as (

    select
        customer_key,
        (
            array_agg(email order by preference asc, seen_at desc nulls last, identity_key asc)
            filter (where email is not null)
        )[1] as email,
        (
            array_agg(name order by preference asc, seen_at desc nulls last, identity_key asc)
            filter (where name is not null)
        )[1] as name,
        (
            array_agg(
                coalesce(normal_phone, phone) order by preference asc, seen_at desc nulls last, identity_key asc
            ) filter (where phone is not null)
        )[1] as phone,
        (
            array_agg(country order by preference asc, seen_at desc nulls last, identity_key asc)
            filter (where country is not null)
        )[1] as country,
        min(seen_at) as first_seen_at,
        cast(count(*) as integer) as identities_count,
        string_agg(distinct source, ', ' order by source) as sources
    from keyed
    group by customer_key

)

select * from profiles
