with

targets as (

    select * from {{ ref('int_tickets__sla_targets') }}

),

-- One target missed is a service level missed, whatever else is under way; one that is met waits for the others.
final as (

    select
        ticket_key,
        count(*) as sla_targets,
        count(*) filter (where outcome = 'missed') as sla_targets_missed,
        case
            when count(*) filter (where outcome = 'missed') > 0 then false
            when count(*) filter (where outcome = 'active') = 0 then true
        end as sla_met
    from targets
    group by ticket_key

)

select * from final
