with

tickets as (

    select * from {{ source('raw', 'zendesk__tickets') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as ticket_key,
        'zendesk:' || _account as account_key,
        cast(id as text) as ticket_id,
        'zendesk:' || _account || ':' || requester_id as requester_key,
        'zendesk:' || _account || ':' || submitter_id as submitter_key,
        'zendesk:' || _account || ':' || assignee_id as assignee_key,
        'zendesk:' || _account || ':' || organization_id as organization_key,
        'zendesk:' || _account || ':' || group_id as group_key,
        'zendesk:' || _account || ':' || ticket_form_id as form_key,
        'zendesk:' || _account || ':' || problem_id as problem_key,
        brand_id,
        status,
        via__channel as channel,
        coalesce(via__source__rel = 'follow_up', false) as is_follow_up,
        priority,
        {{ has_tag('tags', 'spam') }} as is_tagged_spam,
        {{ has_tag('tags', 'test') }} as is_tagged_test,
        -- The helpdesk tags the ticket that was merged into another one.
        {{ has_tag('tags', 'closed_by_merge') }} as is_merged,
        status = 'deleted' or _deleted_at is not null as is_deleted,
        metric_set__reopens as vendor_reopens,
        metric_set__replies as vendor_public_agent_replies,
        metric_set__assignee_stations as assignee_stations,
        metric_set__reply_time_in_minutes__calendar as vendor_first_reply_minutes,
        metric_set__reply_time_in_minutes__business as vendor_first_reply_business_minutes,
        metric_set__first_resolution_time_in_minutes__calendar as vendor_first_resolution_minutes,
        metric_set__first_resolution_time_in_minutes__business as vendor_first_resolution_business_minutes,
        metric_set__full_resolution_time_in_minutes__calendar as vendor_full_resolution_minutes,
        metric_set__full_resolution_time_in_minutes__business as vendor_full_resolution_business_minutes,
        metric_set__requester_wait_time_in_minutes__calendar as vendor_requester_wait_minutes,
        metric_set__requester_wait_time_in_minutes__business as vendor_requester_wait_business_minutes,
        metric_set__agent_wait_time_in_minutes__calendar as vendor_agent_wait_minutes,
        metric_set__agent_wait_time_in_minutes__business as vendor_agent_wait_business_minutes,
        metric_set__on_hold_time_in_minutes__calendar as vendor_on_hold_minutes,
        metric_set__on_hold_time_in_minutes__business as vendor_on_hold_business_minutes,
        metric_set__solved_at as solved_at,
        due_at,
        created_at,
        updated_at
    from tickets

)

select * from renamed
