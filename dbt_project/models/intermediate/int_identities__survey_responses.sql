with

asknicely_responses as (

    select * from {{ ref('stg_asknicely__responses') }}

),

typeform_responses as (

    select * from {{ ref('stg_typeform__responses') }}

),

surveymonkey_responses as (

    select * from {{ ref('stg_surveymonkey__responses') }}

),

qualtrics_responses as (

    select * from {{ ref('stg_qualtrics__responses') }}

),

delighted_responses as (

    select * from {{ ref('stg_delighted__responses') }}

),

unioned as (

    select
        response_key,
        'asknicely' as source,
        cast(null as text) as person_id,
        email,
        name,
        cast(null as text) as phone,
        order_reference,
        ticket_reference,
        coalesce(sent_at, responded_at) as seen_at
    from asknicely_responses
    union all
    select
        response_key,
        'typeform' as source,
        cast(null as text) as person_id,
        email,
        cast(null as text) as name,
        cast(null as text) as phone,
        order_reference,
        ticket_reference,
        submitted_at as seen_at
    from typeform_responses
    union all
    select
        response_key,
        'surveymonkey' as source,
        regexp_replace(response_key, '[^:]*$', '') || 'recipient:' || recipient_id as person_id,
        email,
        name,
        cast(null as text) as phone,
        order_reference,
        ticket_reference,
        created_at as seen_at
    from surveymonkey_responses
    union all
    select
        response_key,
        'qualtrics' as source,
        {{ store_person_id('external_id') }} as person_id,
        email,
        name,
        cast(null as text) as phone,
        order_reference,
        ticket_reference,
        started_at as seen_at
    from qualtrics_responses
    -- Previews and tests are nobody's answers.
    where kind is null or kind not in ('Survey Preview', 'Survey Test')
    union all
    select
        response_key,
        'delighted' as source,
        regexp_replace(response_key, '[^:]*$', '') || 'person:' || person_id as person_id,
        email,
        name,
        phone,
        cast(null as text) as order_reference,
        cast(null as text) as ticket_reference,
        responded_at as seen_at
    from delighted_responses

)

select * from unioned
