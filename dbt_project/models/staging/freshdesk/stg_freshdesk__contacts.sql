with

contacts as (

    select * from {{ source('raw', 'freshdesk__contacts') }}

),

renamed as (

    select
        'freshdesk:' || _account || ':' || id as contact_key,
        'freshdesk:' || _account || ':' || company_id as company_key,
        name,
        {{ normal_email('email') }} as email,
        coalesce(nullif(trim(phone), ''), nullif(trim(mobile), '')) as phone,
        other_emails,
        nullif(trim(unique_external_id), '') as external_id,
        language,
        state = 'blocked' as is_blocked,
        _deleted_at is not null as is_deleted,
        created_at,
        updated_at
    from contacts

)

select * from renamed
