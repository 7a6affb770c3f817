with

tickets as (

    select * from {{ source('raw', 'gorgias__tickets') }}

),

renamed as (

    select
        'gorgias:' || _account || ':' || id as ticket_key,
        cast(id as text) as ticket_id,
        'gorgias:' || _account || ':' || customer__id as customer_key,
        'gorgias:' || _account || ':' || assignee_user__id as assignee_key,
        assignee_team__name as team,
        {{ normal_email('customer__email') }} as customer_email,
        subject,
        status,
        channel,
        priority,
        language,
        coalesce(spam, false) as is_spam,
        _deleted_at is not null as is_deleted,
        coalesce(from_agent, false) as is_opened_by_agent,
        messages_count,
        closed_datetime as closed_at,
        created_datetime as created_at,
        updated_datetime as updated_at
    from tickets

)

select * from renamed
