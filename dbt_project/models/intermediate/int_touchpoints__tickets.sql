{{ config(materialized='ephemeral') }}

with

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

social_channels as (

    select * from {{ ref('social_channels') }}

),

-- Excluded tickets are no contacts, and nobody's are in nobody's journey.
countable as (

    select tickets.*, social_channels.channel is not null as is_social
    from tickets
    left join social_channels on tickets.channel = social_channels.channel
    where tickets.exclusion_reason is null and tickets.customer_key is not null

),

contacts as (

    select
        case when is_social then 'social' else 'ticket' end as touchpoint,
        case
            when reopens > 0 then 'reopened'
            when not is_resolved then 'waiting'
            when public_agent_replies = 1 then 'first_contact'
            else 'solved'
        end as signal,
        cast(0 as numeric) as minutes,
        customer_key,
        created_at as occurred_at,
        source,
        channel,
        ticket_key as reference_key
    from countable
    union all
    select
        'reply' as touchpoint,
        'first_reply' as signal,
        first_reply_minutes as minutes,
        customer_key,
        first_reply_at as occurred_at,
        source,
        channel,
        ticket_key as reference_key
    from countable
    where first_reply_at is not null

)

select * from contacts
