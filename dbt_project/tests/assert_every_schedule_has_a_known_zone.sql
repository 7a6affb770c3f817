{{ config(severity='warn') }}
-- Schedules whose time zone has a name that no IANA zone is known for: they are read in the business time zone.
select
    schedules.schedule_key,
    schedules.vendor_time_zone
from {{ ref('stg_zendesk__schedules') }} as schedules
left join {{ ref('vendor_time_zones') }} as vendor_time_zones
    on schedules.vendor_time_zone = vendor_time_zones.vendor_name
where not schedules.is_deleted and vendor_time_zones.vendor_name is null
