with

order_contacts as (

    select * from {{ ref('int_touchpoints__orders') }}

),

return_contacts as (

    select * from {{ ref('int_touchpoints__returns') }}

),

ticket_contacts as (

    select * from {{ ref('int_touchpoints__tickets') }}

),

answer_contacts as (

    select * from {{ ref('int_touchpoints__answers') }}

),

outcomes as (

    select * from {{ ref('touchpoint_outcomes') }}

),

contacts as (

    select * from order_contacts
    union all
    select * from return_contacts
    union all
    select * from ticket_contacts
    union all
    select * from answer_contacts

),

-- A contact that no rule fits keeps a null outcome, which a test of the mart refuses.
judged as (

    select
        contacts.touchpoint || ':' || contacts.reference_key as touchpoint_key,
        contacts.customer_key,
        contacts.occurred_at,
        {{ business_date('contacts.occurred_at') }} as business_date,
        contacts.touchpoint,
        outcomes.outcome,
        outcomes.outcome_rule,
        contacts.source,
        contacts.channel,
        contacts.reference_key
    from contacts
    left join outcomes
        on contacts.touchpoint = outcomes.touchpoint
            and contacts.signal = outcomes.signal
            and outcomes.above_minutes < contacts.minutes
            and outcomes.up_to_minutes >= contacts.minutes

)

select * from judged
