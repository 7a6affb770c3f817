with

zendesk_tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

zendesk_groups as (

    select * from {{ ref('stg_zendesk__groups') }}

),

freshdesk_tickets as (

    select * from {{ ref('stg_freshdesk__tickets') }}

),

freshdesk_groups as (

    select * from {{ ref('stg_freshdesk__groups') }}

),

gorgias_tickets as (

    select * from {{ ref('stg_gorgias__tickets') }}

),

gorgias_tags as (

    select * from {{ ref('stg_gorgias__ticket_tags') }}

),

agents as (

    select * from {{ ref('int_users__agents') }}

),

schedules as (

    select * from {{ ref('int_schedules__accounts') }}

),

gorgias_test_tickets as (

    select distinct ticket_key
    from gorgias_tags
    where tag = 'test'

),

-- One set of words for all: new, open, pending, hold, solved, closed, deleted. An account's own status is work that
-- nobody says the customer is asked about; a ticket that is closed where closing is all there is has been solved.
unioned as (

    select
        'zendesk' as source,
        zendesk_tickets.ticket_key,
        zendesk_tickets.ticket_id,
        zendesk_tickets.requester_key as identity_key,
        zendesk_tickets.assignee_key as agent_key,
        zendesk_groups.name as team,
        zendesk_tickets.channel,
        zendesk_tickets.priority,
        zendesk_tickets.status,
        agents.user_key is not null as is_opened_by_agent,
        zendesk_tickets.is_deleted,
        zendesk_tickets.is_merged,
        zendesk_tickets.is_tagged_spam as is_spam,
        zendesk_tickets.is_tagged_test as is_test,
        coalesce(schedules.schedule_key, 'default') as schedule_key,
        zendesk_tickets.solved_at,
        zendesk_tickets.vendor_reopens,
        zendesk_tickets.assignee_stations,
        zendesk_tickets.created_at,
        zendesk_tickets.updated_at
    from zendesk_tickets
    left join zendesk_groups on zendesk_tickets.group_key = zendesk_groups.group_key
    left join agents on zendesk_tickets.submitter_key = agents.user_key
    left join schedules on zendesk_tickets.account_key = schedules.account_key
    union all
    select
        'freshdesk' as source,
        freshdesk_tickets.ticket_key,
        freshdesk_tickets.ticket_id,
        freshdesk_tickets.requester_key as identity_key,
        freshdesk_tickets.assignee_key as agent_key,
        freshdesk_groups.name as team,
        freshdesk_tickets.channel,
        freshdesk_tickets.priority,
        case freshdesk_tickets.status
            when 'resolved' then 'solved'
            when 'custom' then 'hold'
            else freshdesk_tickets.status
        end as status,
        freshdesk_tickets.channel = 'outbound_email' as is_opened_by_agent,
        freshdesk_tickets.is_deleted,
        false as is_merged,
        freshdesk_tickets.is_spam or freshdesk_tickets.is_tagged_spam as is_spam,
        freshdesk_tickets.is_tagged_test as is_test,
        'default' as schedule_key,
        case
            when freshdesk_tickets.status in ('resolved', 'closed')
                then coalesce(freshdesk_tickets.resolved_at, freshdesk_tickets.closed_at)
        end as solved_at,
        cast(null as integer) as vendor_reopens,
        cast(null as integer) as assignee_stations,
        freshdesk_tickets.created_at,
        freshdesk_tickets.updated_at
    from freshdesk_tickets
    left join freshdesk_groups on freshdesk_tickets.group_key = freshdesk_groups.group_key
    union all
    select
        'gorgias' as source,
        gorgias_tickets.ticket_key,
        gorgias_tickets.ticket_id,
        gorgias_tickets.customer_key as identity_key,
        gorgias_tickets.assignee_key as agent_key,
        gorgias_tickets.team,
        gorgias_tickets.channel,
        gorgias_tickets.priority,
        case gorgias_tickets.status when 'closed' then 'solved' else gorgias_tickets.status end as status,
        gorgias_tickets.is_opened_by_agent,
        gorgias_tickets.is_deleted,
        false as is_merged,
        gorgias_tickets.is_spam,
        gorgias_test_tickets.ticket_key is not null as is_test,
        'default' as schedule_key,
        case when gorgias_tickets.status = 'closed' then gorgias_tickets.closed_at end as solved_at,
        cast(null as integer) as vendor_reopens,
        cast(null as integer) as assignee_stations,
        gorgias_tickets.created_at,
        gorgias_tickets.updated_at
    from gorgias_tickets
    left join gorgias_test_tickets on gorgias_tickets.ticket_key = gorgias_test_tickets.ticket_key

)

select * from unioned
