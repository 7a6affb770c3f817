-- Tickets of the helpdesks that are missing from the mart: excluded ones are flagged, never dropped.
with

tickets as (

    select ticket_key from {{ ref('stg_zendesk__tickets') }}
    union all
    select ticket_key from {{ ref('stg_freshdesk__tickets') }}
    union all
    select ticket_key from {{ ref('stg_gorgias__tickets') }}

)

select tickets.ticket_key
from tickets
left join {{ ref('fct_tickets') }} as counted on tickets.ticket_key = counted.ticket_key
where counted.ticket_key is null
