with

zendesk_tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

freshdesk_tickets as (

    select * from {{ ref('stg_freshdesk__tickets') }}

),

gorgias_tickets as (

    select * from {{ ref('stg_gorgias__tickets') }}

),

tickets as (

    select ticket_id, ticket_key from zendesk_tickets
    union all
    select ticket_id, ticket_key from freshdesk_tickets
    union all
    select ticket_id, ticket_key from gorgias_tickets

),

-- A ticket number that several helpdesk accounts use proves none of them.
unambiguous as (

    select
        ticket_id as reference,
        min(ticket_key) as ticket_key
    from tickets
    group by ticket_id
    having count(*) = 1

)

select * from unambiguous
