with

sla_policies_policy_metrics as (

    select * from {{ source('raw', 'zendesk__sla_policies__policy_metrics') }}

),

renamed as (

    select
        'zendesk:' || _account || ':' || _parent_key || ':' || _position as target_key,
        'zendesk:' || _account || ':' || _parent_key as policy_key,
        priority,
        metric,
        target as target_minutes,
        business_hours as is_in_business_hours
    from sla_policies_policy_metrics

)

select * from renamed
