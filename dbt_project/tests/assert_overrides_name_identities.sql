{{ config(severity='warn') }}

-- A decision about an identity that is not there (any more) does nothing.
with

overrides as (

    select * from {{ ref('identity_overrides') }}

),

identities as (

    select * from {{ ref('int_identities__unioned') }}

),

named as (

    select identity_key from overrides
    union
    select other_identity_key as identity_key from overrides

)

select named.identity_key
from named
left join identities on named.identity_key = identities.identity_key
where identities.identity_key is null
