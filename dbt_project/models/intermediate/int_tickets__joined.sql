with

tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

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

reopens as (

    select * from {{ ref('int_tickets__reopens') }}

),

requester_wait as (

    select * from {{ ref('int_tickets__requester_wait') }}

),

ratings as (

    select * from {{ ref('int_survey_responses__latest_ratings') }}

),

joined as (

    select
        tickets.ticket_key,
        'zendesk' as source,
        identities.customer_key,
        tickets.created_at,
        {{ business_date('tickets.created_at') }} as business_date,
        coalesce(tickets.channel, 'unknown') as channel,
        tickets.priority,
        tickets.status,
        case
            when tickets.is_deleted then 'deleted'
            when tickets.is_merged then 'merged'
            when tickets.is_tagged_spam then 'spam'
            when tickets.is_tagged_test then 'test'
        end as exclusion_reason,
        first_reply.first_reply_at,
        {{ minutes_between('tickets.created_at', 'first_reply.first_reply_at') }} as first_reply_minutes,
        resolutions.is_resolved,
        resolutions.first_resolved_at,
        resolutions.last_resolved_at,
        {{ minutes_between('tickets.created_at', 'resolutions.last_resolved_at') }} as full_resolution_minutes,
        resolutions.resolution_basis,
        case when resolutions.is_resolved then requester_wait.requester_wait_minutes end as requester_wait_minutes,
        coalesce(first_reply.public_agent_replies, 0) as public_agent_replies,
        coalesce(reopens.reopens, 0) as reopens,
        tickets.vendor_reopens,
        ratings.score as csat_score,
        case when ratings.score is not null then ratings.assignee_key end as csat_agent_key,
        tickets.assignee_key as agent_key
    from tickets
    left join identities on tickets.requester_key = identities.identity_key
    left join first_reply on tickets.ticket_key = first_reply.ticket_key
    inner join resolutions on tickets.ticket_key = resolutions.ticket_key
    left join reopens on tickets.ticket_key = reopens.ticket_key
    left join requester_wait on tickets.ticket_key = requester_wait.ticket_key
    left join ratings on tickets.ticket_key = ratings.ticket_key

)

select * from joined
