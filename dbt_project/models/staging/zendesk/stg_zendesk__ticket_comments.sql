with

child_events as (

    select * from {{ source('raw', 'zendesk__ticket_events__child_events') }}

),

ticket_events as (

    select * from {{ ref('stg_zendesk__ticket_events') }}

),

joined as (

    select
        ticket_events.event_key || ':' || child_events._position as comment_key,
        ticket_events.ticket_key,
        coalesce(
            'zendesk:' || child_events._account || ':' || child_events.author_id, ticket_events.updater_key
        ) as author_key,
        coalesce(child_events.public, false) as is_public,
        -- The comment that tells of a merge, on both tickets.
        coalesce(child_events.via like '%"rel":"merge"%', false) as is_of_merge,
        ticket_events.event_id,
        child_events._position as position_in_event,
        ticket_events.created_at
    from child_events
    inner join ticket_events
        on ticket_events.event_key = 'zendesk:' || child_events._account || ':' || child_events._parent_key
    where child_events.event_type = 'Comment'

)

select * from joined
