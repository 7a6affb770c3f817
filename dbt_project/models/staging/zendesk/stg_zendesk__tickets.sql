with

tickets as (

    select * from {{ source('raw', 'zendesk__tickets') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as ticket_key,
        cast(id as text) as ticket_id,
        'zendesk:' || _account || ':' || requester_id as requester_key,
        'zendesk:' || _account || ':' || submitter_id as submitter_key,
        'zendesk:' || _account || ':' || assignee_id as assignee_key,
        status,
        via__channel as channel,
        priority,
        {{ has_tag('tags', 'spam') }} as is_tagged_spam,
        {{ has_tag('tags', 'test') }} as is_tagged_test,
        -- The helpdesk tags the ticket that was merged into another one.
        {{ has_tag('tags', 'closed_by_merge') }} as is_merged,
        status = 'deleted' or _deleted_at is not null as is_deleted,
        metric_set__reopens as vendor_reopens,
        metric_set__solved_at as solved_at,
        created_at,
        updated_at
    from tickets

)

select * from renamed
