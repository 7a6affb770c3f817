with

status_changes as (

    select * from {{ ref('int_tickets__status_changes') }}

),

reopens as (

    select
        ticket_key,
        count(*) as reopens
    from status_changes
    where previous_status = 'solved' and status in ('new', 'open', 'pending', 'hold')
    group by ticket_key

)

select * from reopens
