with

responses as (

    select * from {{ source('raw', 'typeform__responses') }}

),

renamed as (

    select
        'typeform:' || _account || ':' || response_id as response_key,
        form_id,
        {{ normal_email('hidden__customer_email') }} as email,
        nullif(trim(hidden__order_id), '') as order_reference,
        nullif(trim(hidden__ticket_id), '') as ticket_reference,
        nullif(trim(hidden__channel), '') as channel,
        _deleted_at is not null as is_deleted,
        submitted_at
    from responses
    -- Unfinished ones are read where the settings ask for them; what they may yet become is no answer.
    where coalesce(response_type, 'completed') = 'completed'

)

select * from renamed
