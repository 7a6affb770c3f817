with

metric_events as (

    select * from {{ ref('stg_zendesk__ticket_metric_events') }}

),

freshdesk_tickets as (

    select * from {{ ref('stg_freshdesk__tickets') }}

),

-- A change of priority applies the target anew: the latest one is in force. It takes back the breach of the old one
-- where the new one is not passed yet. A step that is told twice is one step.
zendesk_targets as (

    select
        ticket_key,
        metric,
        instance_id,
        max(occurred_at) filter (where event_type in ('apply_sla', 'apply_group_sla')) as applied_at,
        max(occurred_at) filter (where event_type = 'fulfill') as fulfilled_at,
        min(occurred_at) filter (where event_type = 'breach') as breached_at
    from metric_events
    where not is_deleted
    group by ticket_key, metric, instance_id

),

targets as (

    select
        ticket_key,
        metric || ':' || coalesce(instance_id, 0) as target,
        applied_at,
        cast(null as timestamptz) as due_at,
        fulfilled_at,
        breached_at
    from zendesk_targets
    where applied_at is not null
    union all
    select
        ticket_key,
        'first_reply' as target,
        created_at as applied_at,
        first_reply_due_at as due_at,
        first_replied_at as fulfilled_at,
        cast(null as timestamptz) as breached_at
    from freshdesk_tickets
    where first_reply_due_at is not null
    union all
    select
        ticket_key,
        'resolution' as target,
        created_at as applied_at,
        due_at,
        case when status in ('resolved', 'closed') then coalesce(resolved_at, closed_at) end as fulfilled_at,
        cast(null as timestamptz) as breached_at
    from freshdesk_tickets
    where due_at is not null

),

-- Without a word of the helpdesk, a target is missed when its time is over.
final as (

    select
        ticket_key,
        target,
        applied_at,
        due_at,
        fulfilled_at,
        breached_at,
        case
            when breached_at is not null then 'missed'
            when coalesce(fulfilled_at, {{ local_midnight(as_of_date() ~ ' + 1') }}) > due_at then 'missed'
            when fulfilled_at is not null then 'met'
            else 'active'
        end as outcome
    from targets

)

select * from final
