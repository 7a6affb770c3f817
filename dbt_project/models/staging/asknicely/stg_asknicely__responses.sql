with

responses as (

    select * from {{ source('raw', 'asknicely__responses') }}

),

renamed as (

    select
        'asknicely:' || _account || ':' || response_id as response_key,
        question_type as question,
        name,
        {{ normal_email('email') }} as email,
        nullif(trim(comment), '') as comment,
        nullif(trim(channel_c), '') as channel,
        nullif(trim(order_id_c), '') as order_reference,
        nullif(trim(ticket_id_c), '') as ticket_reference,
        answer,
        _deleted_at is not null as is_deleted,
        sent as sent_at,
        responded as responded_at
    from responses

)

select * from renamed
