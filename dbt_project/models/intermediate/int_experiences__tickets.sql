{{ config(materialized='ephemeral') }}

with

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

countable as (

    select * from tickets
    where exclusion_reason is null and customer_key is not null

),

-- A reply is felt when it comes, a resolution when it first does. Who was never answered in public had no contact to
-- be resolved at.
experiences as (

    select
        customer_key,
        'first_reply' as experience_event,
        first_reply_at as occurred_at,
        first_reply_minutes as value,
        ticket_key as reference_key
    from countable
    where first_reply_at is not null
    union all
    select
        customer_key,
        'reopen' as experience_event,
        first_resolved_at as occurred_at,
        reopens as value,
        ticket_key as reference_key
    from countable
    where first_resolved_at is not null
    union all
    select
        customer_key,
        'first_contact_resolution' as experience_event,
        first_resolved_at as occurred_at,
        case when public_agent_replies = 1 and reopens = 0 then 1 else 0 end as value,
        ticket_key as reference_key
    from countable
    where first_resolved_at is not null and is_resolved and public_agent_replies > 0

)

select * from experiences
