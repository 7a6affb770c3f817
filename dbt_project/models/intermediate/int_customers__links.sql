with

identities as (

    select * from {{ ref('int_identities__unioned') }}

),

identity_values as (

    select * from {{ ref('int_identities__values') }}

),

shared_values as (

    select * from {{ ref('int_identities__shared_values') }}

),

overrides as (

    select * from {{ ref('identity_overrides') }}

),

rules as (

    select * from {{ ref('identity_rules') }}

),

-- All who share a value are linked to the first of them: as many links as people, however many share it.
starred as (

    select
        identity_values.identity_key,
        first_value(identity_values.identity_key) over (
            partition by identity_values.rule, identity_values.value, identity_values.second_value
            order by identity_values.place, identity_values.seen_at, identity_values.identity_key
        ) as linked_identity_key,
        identity_values.rule,
        identity_values.value,
        identity_values.second_value
    from identity_values
    inner join shared_values
        on identity_values.signal = shared_values.signal and identity_values.value = shared_values.value
    where shared_values.refusal is null

),

put_together as (

    select distinct
        overrides.identity_key,
        overrides.other_identity_key as linked_identity_key,
        'put_together' as rule,
        cast('' as text) as value,
        cast('' as text) as second_value
    from overrides
    inner join identities on overrides.identity_key = identities.identity_key
    inner join identities as others on overrides.other_identity_key = others.identity_key
    where overrides.decision = 'put_together'

),

linked as (

    select * from starred
    where identity_key <> linked_identity_key
    union all
    select * from put_together
    where identity_key <> linked_identity_key

),

final as (

    select
        linked.identity_key,
        linked.linked_identity_key,
        linked.rule,
        rules.preference,
        case
            when rules.signal = 'email' then {{ masked_email('linked.value') }}
            when rules.signal = 'phone' then {{ masked_phone('linked.value') }}
            else linked.value
        end as masked_value,
        {{ text_hash("linked.value || '|' || linked.second_value") }} as value_hash
    from linked
    inner join rules on linked.rule = rules.rule

)

select * from final
