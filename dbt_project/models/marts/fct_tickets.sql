{{ config(unique_key=['ticket_key']) }}

with

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

final as (

    select
        ticket_key,
        source,
        customer_key,
        created_at,
        business_date,
        channel,
        priority,
        status,
        exclusion_reason is not null as is_excluded,
        exclusion_reason,
        first_reply_at,
        first_reply_minutes,
        first_reply_business_minutes,
        first_resolved_at,
        last_resolved_at,
        full_resolution_minutes,
        resolution_basis,
        requester_wait_minutes,
        cast(public_agent_replies as integer) as public_agent_replies,
        cast(reopens as integer) as reopens,
        cast(vendor_reopens as integer) as vendor_reopens,
        case when is_resolved then public_agent_replies = 1 end as is_one_touch,
        case when is_resolved then public_agent_replies = 0 end as is_zero_touch,
        sla_met,
        cast(csat_score as integer) as csat_score,
        csat_agent_key,
        agent_key,
        team,
        is_opened_by_agent,
        first_reply_agent_key,
        first_resolution_minutes,
        first_resolution_business_minutes,
        full_resolution_business_minutes,
        closed_at,
        requester_wait_business_minutes,
        agent_wait_minutes,
        agent_wait_business_minutes,
        on_hold_minutes,
        case when is_resolved then public_agent_replies < 2 end as explore_compatible_one_touch,
        cast(assignee_stations as integer) as assignee_stations,
        cast(sla_targets as integer) as sla_targets,
        cast(sla_targets_missed as integer) as sla_targets_missed,
        csat_scale_min,
        csat_scale_max,
        csat_bucket,
        rated_at
    from tickets

)

select * from final
