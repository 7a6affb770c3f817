with

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

profiles as (

    select * from {{ ref('int_customers__profiles') }}

),

countable as (

    select
        tickets.*,
        profiles.country
    from tickets
    left join profiles on tickets.customer_key = profiles.customer_key
    where tickets.exclusion_reason is null

),

segmented as (

    select
        segment.segment_name,
        segment.segment_value,
        countable.business_date,
        count(*) as tickets,
        count(countable.first_reply_minutes) as answered,
        count(*) filter (where countable.first_reply_minutes is null and not countable.is_resolved) as waiting,
        {{ sum_and_squares('countable', 'first_reply_minutes') }},
        {{ sum_and_squares('countable', 'first_reply_business_minutes') }},
        count(*) filter (where countable.is_resolved) as resolved,
        count(*) filter (where not countable.is_resolved) as unresolved,
        count(countable.first_resolution_minutes) as first_resolved,
        {{ sum_and_squares('countable', 'first_resolution_minutes') }},
        {{ sum_and_squares('countable', 'full_resolution_minutes') }},
        {{ sum_and_squares('countable', 'full_resolution_business_minutes') }},
        {{ sum_and_squares('countable', 'requester_wait_minutes') }},
        count(*) filter (where countable.is_resolved and countable.public_agent_replies = 1) as one_touch,
        count(*) filter (where countable.is_resolved and countable.public_agent_replies = 0) as zero_touch,
        count(*) filter (where countable.sla_met) as sla_met,
        count(countable.sla_met) as sla_decided,
        count(*) filter (where countable.sla_met is null and countable.sla_targets > 0) as sla_active
    from countable
    cross join lateral ({{ support_segments('countable') }}) as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by segment.segment_name, segment.segment_value, countable.business_date

)

select * from segmented
