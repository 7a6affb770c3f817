with

companies as (

    select * from {{ source('raw', 'freshdesk__companies') }}

),

renamed as (

    select
        'freshdesk:' || _account || ':' || id as company_key,
        name,
        industry,
        account_tier,
        _deleted_at is not null as is_deleted,
        created_at
    from companies

)

select * from renamed
