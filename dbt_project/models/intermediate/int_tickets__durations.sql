with

tickets as (

    select * from {{ ref('int_tickets__unioned') }}

),

first_reply as (

    select * from {{ ref('int_tickets__first_reply') }}

),

resolutions as (

    select * from {{ ref('int_tickets__resolutions') }}

),

segments as (

    select * from {{ ref('int_schedules__segments') }}

),

moments as (

    select ticket_key, 'created' as moment, created_at as occurred_at
    from tickets
    union all
    select ticket_key, 'first_reply' as moment, first_reply_at as occurred_at
    from first_reply
    union all
    select ticket_key, 'first_resolved' as moment, first_resolved_at as occurred_at
    from resolutions
    where first_resolved_at is not null
    union all
    select ticket_key, 'last_resolved' as moment, last_resolved_at as occurred_at
    from resolutions
    where last_resolved_at is not null

),

clocked as (

    select
        moments.ticket_key,
        moments.moment,
        moments.occurred_at,
        {{ business_clock('segments', 'moments.occurred_at') }} as business_clock
    from moments
    inner join tickets on moments.ticket_key = tickets.ticket_key
    left join segments on {{ holds_instant('segments', 'tickets.schedule_key', 'moments.occurred_at') }}

),

pivoted as (

    select
        ticket_key,
        min(occurred_at) filter (where moment = 'created') as created_at,
        min(occurred_at) filter (where moment = 'first_reply') as first_reply_at,
        min(occurred_at) filter (where moment = 'first_resolved') as first_resolved_at,
        min(occurred_at) filter (where moment = 'last_resolved') as last_resolved_at,
        min(business_clock) filter (where moment = 'created') as created_clock,
        min(business_clock) filter (where moment = 'first_reply') as first_reply_clock,
        min(business_clock) filter (where moment = 'first_resolved') as first_resolved_clock,
        min(business_clock) filter (where moment = 'last_resolved') as last_resolved_clock
    from clocked
    group by ticket_key

),

durations as (

    select
        ticket_key,
        {{ minutes_between('created_at', 'first_reply_at') }} as first_reply_minutes,
        {{ in_minutes('first_reply_clock - created_clock') }} as first_reply_business_minutes,
        {{ minutes_between('created_at', 'first_resolved_at') }} as first_resolution_minutes,
        {{ in_minutes('first_resolved_clock - created_clock') }} as first_resolution_business_minutes,
        {{ minutes_between('created_at', 'last_resolved_at') }} as full_resolution_minutes,
        {{ in_minutes('last_resolved_clock - created_clock') }} as full_resolution_business_minutes
    from pivoted

)

select * from durations
