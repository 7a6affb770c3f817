with

agents as (

    select * from {{ source('raw', 'freshdesk__agents') }}

),

renamed as (

    select
        'freshdesk:' || _account || ':' || id as agent_key,
        contact__name as name,
        {{ normal_email('contact__email') }} as email,
        type as agent_type,
        -- Of several groups the oldest.
        'freshdesk:' || _account || ':' || {{ smallest('group_ids') }} as group_key,
        _deleted_at is null as is_active,
        created_at
    from agents

)

select * from renamed
