with

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

profiles as (

    select * from {{ ref('int_customers__profiles') }}

),

-- A ticket that was reopened counts on the day it was first solved, whether it was solved again or not.
countable as (

    select
        tickets.source,
        tickets.channel,
        tickets.priority,
        tickets.team,
        profiles.country,
        tickets.reopens,
        {{ business_date('tickets.counted_solved_at') }} as business_date
    from tickets
    left join profiles on tickets.customer_key = profiles.customer_key
    where tickets.exclusion_reason is null
        and tickets.counted_solved_at is not null
        and tickets.reopens is not null

),

segmented as (

    select
        segment.segment_name,
        segment.segment_value,
        countable.business_date,
        count(*) as solved,
        count(*) filter (where countable.reopens > 0) as reopened
    from countable
    cross join lateral ({{ support_segments('countable') }}) as segment (segment_name, segment_value)
    where segment.segment_value is not null
    group by segment.segment_name, segment.segment_value, countable.business_date

)

select * from segmented
