-- Tickets of the helpdesk that are missing from the mart: excluded ones are flagged, never dropped.
select tickets.ticket_key
from {{ ref('stg_zendesk__tickets') }} as tickets
left join {{ ref('fct_tickets') }} as counted on tickets.ticket_key = counted.ticket_key
where counted.ticket_key is null
