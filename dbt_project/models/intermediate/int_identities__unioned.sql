with

collected as (

    select * from {{ ref('int_identities__collected') }}

),

origins as (

    select * from {{ ref('identity_origins') }}

),

calling_codes as (

    select * from {{ ref('calling_codes') }}

),

completed as (

    select
        collected.identity_key,
        collected.source,
        collected.origin,
        origins.preference,
        origins.is_account,
        collected.person_id,
        collected.email,
        collected.name,
        collected.normal_name,
        collected.phone,
        {{ normal_phone('collected.dialled_phone', 'calling_codes.calling_code', 'calling_codes.trunk_prefix') }}
            as normal_phone,
        collected.country,
        collected.order_key,
        collected.ticket_key,
        collected.seen_at
    from collected
    inner join origins on collected.origin = origins.origin
    left join calling_codes on collected.country = calling_codes.country

),

-- Who bears a value: a name however often it comes; without one each account, but a system's nameless guests once.
final as (

    select
        *,
        coalesce(normal_name, case when is_account then identity_key else source end) as bearer
    from completed

)

select * from final
