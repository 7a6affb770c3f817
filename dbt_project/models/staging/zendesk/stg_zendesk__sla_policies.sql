with

sla_policies as (

    select * from {{ source('raw', 'zendesk__sla_policies') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || id as policy_key,
        title,
        position as policy_position,
        _deleted_at is not null as is_deleted,
        created_at,
        updated_at
    from sla_policies

)

select * from renamed
