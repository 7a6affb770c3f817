with

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

daily as (

    select
        {{ business_date('counted_solved_at') }} as business_date,
        source,
        channel,
        count(*) as solved,
        count(*) filter (where reopens > 0) as solved_reopened
    from tickets
    where exclusion_reason is null and counted_solved_at is not null and reopens is not null
    group by {{ business_date('counted_solved_at') }}, source, channel

)

select * from daily
