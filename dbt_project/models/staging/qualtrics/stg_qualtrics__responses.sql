with

responses as (

    select * from {{ source('raw', 'qualtrics__responses') }}

),

-- Embedded data stands among the answers, under the names that the survey's owner gave it.
embedded as (

    select
        _account,
        _parent_key,
        max(value) filter (where question = 'order_id') as order_reference,
        max(value) filter (where question = 'ticket_id') as ticket_reference,
        max(value) filter (where question = 'channel') as channel
    from {{ source('raw', 'qualtrics__responses__answers') }}
    group by _account, _parent_key

),

renamed as (

    select
        'qualtrics:' || responses._account || ':' || responses."responseId" as response_key,
        'qualtrics:' || responses._account || ':' || responses."surveyId" as survey_key,
        responses."surveyId" as survey_id,
        responses.values__finished = 1 as is_finished,
        -- Previews, test and imported responses have other labels.
        responses.labels__status as kind,
        nullif(
            trim(concat_ws(' ', responses."values__recipientFirstName", responses."values__recipientLastName")), ''
        ) as name,
        {{ normal_email('responses."values__recipientEmail"') }} as email,
        nullif(trim(responses."values__externalDataReference"), '') as external_id,
        nullif(trim(embedded.order_reference), '') as order_reference,
        nullif(trim(embedded.ticket_reference), '') as ticket_reference,
        nullif(trim(embedded.channel), '') as channel,
        responses."values__distributionChannel" as distribution_channel,
        responses."values__userLanguage" as language,
        responses.values__duration as seconds_spent,
        responses._deleted_at is not null as is_deleted,
        responses."values__startDate" as started_at,
        responses."values__recordedDate" as recorded_at,
        responses._version_at as last_modified_at
    from responses
    left join embedded
        on embedded._account = responses._account and embedded._parent_key = responses."responseId"

)

select * from renamed
