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
        cast(null as numeric(20, 6)) as first_reply_business_minutes,
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
        cast(null as boolean) as sla_met,
        csat_score,
        csat_agent_key,
        agent_key
    from tickets

)

select * from final
