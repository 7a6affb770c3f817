with

store as (

    select * from {{ ref('int_identities__store') }}

),

helpdesk as (

    select * from {{ ref('int_identities__helpdesk') }}

),

survey as (

    select * from {{ ref('int_identities__survey') }}

),

delivery as (

    select * from {{ ref('int_identities__delivery') }}

),

origins as (

    select * from {{ ref('identity_origins') }}

),

calling_codes as (

    select * from {{ ref('calling_codes') }}

),

unioned as (

    select
        identity_key, source, origin, person_id, email, name, phone, country,
        cast(null as text) as order_key,
        cast(null as text) as ticket_key,
        seen_at
    from store
    union all
    select
        identity_key, source, origin, person_id, email, name, phone, country,
        cast(null as text) as order_key,
        cast(null as text) as ticket_key,
        seen_at
    from helpdesk
    union all
    select
        identity_key, source, origin, person_id, email, name, phone, country,
        order_key,
        ticket_key,
        seen_at
    from survey
    union all
    select
        identity_key, source, origin, person_id, email, name, phone, country,
        order_key,
        ticket_key,
        seen_at
    from delivery

),

compared as (

    select
        unioned.identity_key,
        unioned.source,
        unioned.origin,
        origins.preference,
        origins.is_account,
        unioned.person_id,
        unioned.email,
        nullif(trim(unioned.name), '') as name,
        nullif(trim(unioned.phone), '') as phone,
        nullif(trim(unioned.country), '') as country,
        {{ normal_name('unioned.name') }} as normal_name,
        {{ normal_phone('unioned.phone', 'calling_codes.calling_code', 'calling_codes.trunk_prefix') }} as normal_phone,
        unioned.order_key,
        unioned.ticket_key,
        unioned.seen_at
    from unioned
    inner join origins on unioned.origin = origins.origin
    left join calling_codes on unioned.country = calling_codes.country

),

-- Who bears a value: a name however often it comes; without one each account, but a system's nameless guests once.
final as (

    select
        *,
        coalesce(normal_name, case when is_account then identity_key else source end) as bearer
    from compared

)

select * from final
