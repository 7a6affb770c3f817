with

tickets as (

    select * from {{ source('raw', 'freshdesk__tickets') }}

),

renamed as (

    select
        'freshdesk:' || _account || ':' || id as ticket_key,
        cast(id as text) as ticket_id,
        'freshdesk:' || _account || ':' || requester_id as requester_key,
        'freshdesk:' || _account || ':' || responder_id as assignee_key,
        'freshdesk:' || _account || ':' || group_id as group_key,
        'freshdesk:' || _account || ':' || company_id as company_key,
        {{ normal_email('requester__email') }} as requester_email,
        subject,
        -- Statuses from 6 on are the account's own.
        case status
            when 2 then 'open'
            when 3 then 'pending'
            when 4 then 'resolved'
            when 5 then 'closed'
            else 'custom'
        end as status,
        case source
            when 1 then 'email'
            when 2 then 'portal'
            when 3 then 'phone'
            when 7 then 'chat'
            when 9 then 'widget'
            when 10 then 'outbound_email'
            else 'other'
        end as channel,
        case priority
            when 1 then 'low'
            when 2 then 'normal'
            when 3 then 'high'
            when 4 then 'urgent'
        end as priority,
        coalesce(spam, false) or filter = 'spam' as is_spam,
        {{ has_tag('tags', 'spam') }} as is_tagged_spam,
        {{ has_tag('tags', 'test') }} as is_tagged_test,
        _deleted_at is not null as is_deleted,
        stats__first_responded_at as first_replied_at,
        stats__reopened_at as reopened_at,
        stats__resolved_at as resolved_at,
        stats__closed_at as closed_at,
        stats__status_updated_at as status_updated_at,
        fr_due_by as first_reply_due_at,
        due_by as due_at,
        created_at,
        updated_at
    from tickets

)

select * from renamed
