with

responses as (

    select * from {{ source('raw', 'surveymonkey__responses') }}

),

variables as (

    select
        _account,
        _parent_key,
        max(value) filter (where name = 'order_id') as order_reference,
        max(value) filter (where name = 'ticket_id') as ticket_reference,
        max(value) filter (where name = 'channel') as channel
    from {{ source('raw', 'surveymonkey__responses__custom_variables') }}
    group by _account, _parent_key

),

renamed as (

    select
        'surveymonkey:' || responses._account || ':' || responses.id as response_key,
        'surveymonkey:' || responses._account || ':' || responses.survey_id as survey_key,
        responses.survey_id,
        responses.response_status as status,
        nullif(trim(concat_ws(' ', responses.first_name, responses.last_name)), '') as name,
        {{ normal_email('responses.email_address') }} as email,
        -- An e-mail collector's recipient; "0" and empty are nobody's id.
        nullif(nullif(responses.recipient_id, '0'), '') as recipient_id,
        nullif(trim(variables.order_reference), '') as order_reference,
        nullif(trim(variables.ticket_reference), '') as ticket_reference,
        nullif(trim(variables.channel), '') as channel,
        responses.total_time as seconds_spent,
        responses._deleted_at is not null as is_deleted,
        responses.date_created as created_at,
        responses.date_modified as last_modified_at
    from responses
    left join variables
        on variables._account = responses._account and variables._parent_key = responses.id

)

select * from renamed
