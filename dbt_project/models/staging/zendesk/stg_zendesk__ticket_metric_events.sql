with

ticket_metric_events as (

    select * from {{ source('raw', 'zendesk__ticket_metric_events') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as metric_event_key,
        'zendesk:' || _account || ':' || ticket_id as ticket_key,
        metric,
        instance_id,
        type as event_type,
        'zendesk:' || _account || ':' || coalesce(sla__policy__id, group_sla__policy__id) as policy_key,
        coalesce(sla__target, group_sla__target) as target_minutes,
        coalesce(sla__business_hours, group_sla__business_hours) as is_in_business_hours,
        status__calendar as calendar_minutes,
        status__business as business_minutes,
        -- A breach that was taken back, or a step that no longer exists.
        _deleted_at is not null as is_deleted,
        "time" as occurred_at
    from ticket_metric_events

)

select * from renamed
