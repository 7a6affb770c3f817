with

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

zendesk_tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

freshdesk_tickets as (

    select * from {{ ref('stg_freshdesk__tickets') }}

),

comments as (

    select * from {{ ref('int_tickets__comments') }}

),

status_changes as (

    select * from {{ ref('int_tickets__status_changes') }}

),

agents as (

    select * from {{ ref('int_users__agents') }}

),

early_replies as (

    select distinct ticket_key
    from comments
    where is_by_agent and is_public and is_before_creation

),

changes as (

    select
        ticket_key,
        count(*) as status_changes,
        bool_or(is_assumed) as are_events_missing,
        bool_or(
            previous_status = 'closed' and status in ('new', 'open', 'pending', 'hold')
        ) as is_reopened_after_closing
    from status_changes
    group by ticket_key

),

-- Gorgias has no figures of its own that others could be compared with.
vendor_figures as (

    select
        ticket_key,
        {{ vendor_figures() }}
    from zendesk_tickets
    union all
    select
        ticket_key,
        {{ vendor_figures(first_reply_minutes=minutes_between('created_at', 'first_replied_at')) }}
    from freshdesk_tickets

),

compared as (

    select
        tickets.*,
        {{ vendor_columns('vendor_figures', except=['reopens']) }},
        tickets.source = 'zendesk' and changes.are_events_missing as are_events_missing,
        changes.status_changes,
        changes.is_reopened_after_closing,
        tickets.schedule_key = 'default' as is_schedule_missing,
        early_replies.ticket_key is not null as has_early_reply,
        coalesce(not agents.is_active, false) as is_answered_by_former_agent
    from tickets
    inner join vendor_figures on tickets.ticket_key = vendor_figures.ticket_key
    left join changes on tickets.ticket_key = changes.ticket_key
    left join early_replies on tickets.ticket_key = early_replies.ticket_key
    left join agents on tickets.first_reply_agent_key = agents.user_key

)

select * from compared
