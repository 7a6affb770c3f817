with

tickets as (

    select * from {{ ref('int_tickets__unioned') }}

),

identities as (

    select * from {{ ref('int_customers__identities') }}

),

first_reply as (

    select * from {{ ref('int_tickets__first_reply') }}

),

resolutions as (

    select * from {{ ref('int_tickets__resolutions') }}

),

durations as (

    select * from {{ ref('int_tickets__durations') }}

),

reopens as (

    select * from {{ ref('int_tickets__reopens') }}

),

waits as (

    select * from {{ ref('int_tickets__waits') }}

),

sla as (

    select * from {{ ref('int_tickets__sla') }}

),

ratings as (

    select * from {{ ref('int_tickets__ratings') }}

),

joined as (

    select
        tickets.ticket_key,
        tickets.source,
        identities.customer_key,
        tickets.created_at,
        {{ business_date('tickets.created_at') }} as business_date,
        coalesce(tickets.channel, 'unknown') as channel,
        tickets.priority,
        -- A helpdesk forgets whose a deleted ticket was; that it was seen before must not show.
        case when not tickets.is_deleted then tickets.team end as team,
        tickets.status,
        case
            when tickets.is_deleted then 'deleted'
            when tickets.is_merged then 'merged'
            when tickets.is_spam then 'spam'
            when tickets.is_test then 'test'
        end as exclusion_reason,
        tickets.is_opened_by_agent,
        tickets.schedule_key,
        first_reply.first_reply_at,
        first_reply.first_reply_agent_key,
        durations.first_reply_minutes,
        durations.first_reply_business_minutes,
        resolutions.is_resolved,
        resolutions.counted_solved_at,
        resolutions.first_resolved_at,
        durations.first_resolution_minutes,
        durations.first_resolution_business_minutes,
        resolutions.last_resolved_at,
        durations.full_resolution_minutes,
        durations.full_resolution_business_minutes,
        resolutions.resolution_basis,
        resolutions.last_closed_at as closed_at,
        {{ waited('requester_wait_minutes') }},
        {{ waited('requester_wait_business_minutes') }},
        {{ waited('agent_wait_minutes') }},
        {{ waited('agent_wait_business_minutes') }},
        {{ waited('on_hold_minutes') }},
        {{ waited('on_hold_business_minutes') }},
        coalesce(first_reply.public_agent_replies, 0) as public_agent_replies,
        reopens.reopens,
        tickets.vendor_reopens,
        tickets.assignee_stations,
        sla.sla_targets,
        sla.sla_targets_missed,
        sla.sla_met,
        ratings.score as csat_score,
        ratings.scale_min as csat_scale_min,
        ratings.scale_max as csat_scale_max,
        ratings.bucket as csat_bucket,
        ratings.rated_at,
        ratings.agent_key as csat_agent_key,
        tickets.agent_key
    from tickets
    left join identities on tickets.identity_key = identities.identity_key
    left join first_reply on tickets.ticket_key = first_reply.ticket_key
    inner join resolutions on tickets.ticket_key = resolutions.ticket_key
    inner join durations on tickets.ticket_key = durations.ticket_key
    left join reopens on tickets.ticket_key = reopens.ticket_key
    left join waits on tickets.ticket_key = waits.ticket_key
    left join sla on tickets.ticket_key = sla.ticket_key
    left join ratings on tickets.ticket_key = ratings.ticket_key

)

select * from joined
