with

satisfaction_surveys as (

    select * from {{ source('raw', 'gorgias__satisfaction_surveys') }}

),

renamed as (

    select
        'gorgias:' || _account || ':' || id as survey_key,
        'gorgias:' || _account || ':' || ticket_id as ticket_key,
        'gorgias:' || _account || ':' || customer_id as customer_key,
        score,
        body_text as comment,
        _deleted_at is not null as is_deleted,
        sent_datetime as sent_at,
        scored_datetime as responded_at,
        created_datetime as created_at
    from satisfaction_surveys

)

select * from renamed
