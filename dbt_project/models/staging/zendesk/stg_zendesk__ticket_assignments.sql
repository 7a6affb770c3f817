with

child_events as (

    select * from {{ source('raw', 'zendesk__ticket_events__child_events') }}

),

ticket_events as (

    select * from {{ ref('stg_zendesk__ticket_events') }}

),

joined as (

    select
        ticket_events.event_key || ':' || child_events._position as assignment_key,
        ticket_events.ticket_key,
        'zendesk:' || child_events._account || ':' || child_events.assignee_id as assignee_key,
        ticket_events.event_id,
        child_events._position as position_in_event,
        ticket_events.created_at
    from child_events
    inner join ticket_events
        on ticket_events.event_key = 'zendesk:' || child_events._account || ':' || child_events._parent_key
    where child_events.assignee_id is not null

)

select * from joined
