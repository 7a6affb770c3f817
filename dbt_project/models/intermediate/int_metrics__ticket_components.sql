with

-- Attributed to the day the ticket was created: a ticket still waiting keeps its period incomplete.
created as (

    select * from {{ ref('int_metrics__ticket_segments') }}

),

solved as (

    select * from {{ ref('int_metrics__solved_segments') }}

),

volumes as (

    select
        *,
        cast(tickets as numeric) as tickets_sum,
        cast(0 as numeric) as tickets_squares
    from created

),

components as (

    {{ component('volumes', 'tickets_created', 'tickets', measure='tickets') }}
    union all
    {{ component('created', 'first_reply_minutes_mean', 'answered',
                 measure='first_reply_minutes', unfinished='waiting') }}
    union all
    {{ component('created', 'first_reply_business_minutes_mean', 'answered',
                 measure='first_reply_business_minutes', unfinished='waiting') }}
    union all
    {{ component('created', 'first_resolution_minutes_mean', 'first_resolved',
                 measure='first_resolution_minutes', unfinished='unresolved') }}
    union all
    {{ component('created', 'full_resolution_minutes_mean', 'resolved',
                 measure='full_resolution_minutes', unfinished='unresolved') }}
    union all
    {{ component('created', 'full_resolution_business_minutes_mean', 'resolved',
                 measure='full_resolution_business_minutes', unfinished='unresolved') }}
    union all
    {{ component('created', 'requester_wait_minutes_mean', 'resolved',
                 measure='requester_wait_minutes', unfinished='unresolved') }}
    union all
    {{ component('created', 'one_touch_rate', 'resolved', positives='one_touch', unfinished='unresolved') }}
    union all
    {{ component('created', 'zero_touch_rate', 'resolved', positives='zero_touch', unfinished='unresolved') }}
    union all
    {{ component('created', 'explore_compatible_one_touch', 'resolved',
                 positives='one_touch + zero_touch', unfinished='unresolved') }}
    union all
    {{ component('created', 'sla_attainment', 'sla_decided', positives='sla_met', unfinished='sla_active') }}
    union all
    {{ component('solved', 'reopen_rate', 'solved', positives='reopened') }}

)

select * from components
