with

identity_values as (

    select * from {{ ref('int_identities__values') }}

),

rules as (

    select * from {{ ref('identity_rules') }}

),

stoplist as (

    select * from {{ ref('identity_stoplist') }}

),

caps as (

    select
        signal,
        min(most_bearers) as most_bearers,
        min(most_identities) as most_identities
    from rules
    group by signal

),

shared as (

    select
        signal,
        value,
        count(distinct identity_key) as identities,
        count(distinct bearer) as bearers
    from identity_values
    group by signal, value
    having count(distinct identity_key) > 1

),

-- A tag behind a plus makes no mailbox of its own out of a shared one.
stopped as (

    select shared.signal, shared.value
    from shared
    inner join stoplist on split_part(split_part(shared.value, '@', 1), '+', 1) = stoplist.value
    where shared.signal = 'email' and stoplist.kind = 'local_part'
    union
    select shared.signal, shared.value
    from shared
    inner join stoplist on split_part(shared.value, '@', 2) = stoplist.value
    where shared.signal = 'email' and stoplist.kind = 'domain'
    union
    select shared.signal, shared.value
    from shared
    inner join stoplist on shared.signal = stoplist.kind and shared.value = stoplist.value

),

-- Rule `stoplist`: known to be many people's. Rule `fan_in`: borne by more people than share a mailbox or a line.
judged as (

    select
        shared.signal,
        shared.value,
        shared.identities,
        shared.bearers,
        case
            when stopped.value is not null then 'stoplist'
            when shared.bearers > caps.most_bearers or shared.identities > caps.most_identities then 'fan_in'
        end as refusal
    from shared
    inner join caps on shared.signal = caps.signal
    left join stopped on shared.signal = stopped.signal and shared.value = stopped.value

)

select * from judged
