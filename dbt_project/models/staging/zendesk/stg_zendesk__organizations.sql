with

organizations as (

    select * from {{ source('raw', 'zendesk__organizations') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as organization_key,
        name,
        external_id,
        domain_names,
        tags,
        'zendesk:' || _account || ':' || group_id as group_key,
        _deleted_at is not null as is_deleted,
        created_at,
        updated_at
    from organizations

)

select * from renamed
