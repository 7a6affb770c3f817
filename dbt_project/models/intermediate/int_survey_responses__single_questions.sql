with

asknicely_responses as (

    select * from {{ ref('stg_asknicely__responses') }}

),

delighted_responses as (

    select * from {{ ref('stg_delighted__responses') }}

),

delighted_properties as (

    select * from {{ ref('stg_delighted__response_properties') }}

),

-- What the shop sent along with a person, under the names it chose.
delighted_references as (

    select
        response_key,
        max(property_value) filter (where lower(property) in ('order_id', 'order id')) as order_reference,
        max(property_value) filter (where lower(property) in ('ticket_id', 'ticket id')) as ticket_reference,
        max(property_value) filter (where lower(property) = 'channel') as channel
    from delighted_properties
    group by response_key

),

unioned as (

    select
        response_key,
        'asknicely' as source,
        question,
        answer,
        comment,
        channel,
        order_reference,
        ticket_reference,
        sent_at,
        responded_at
    from asknicely_responses
    where not is_deleted
    union all
    select
        delighted_responses.response_key,
        'delighted' as source,
        delighted_responses.survey_type as question,
        delighted_responses.score as answer,
        delighted_responses.comment,
        nullif(trim(delighted_references.channel), '') as channel,
        nullif(trim(delighted_references.order_reference), '') as order_reference,
        nullif(trim(delighted_references.ticket_reference), '') as ticket_reference,
        cast(null as timestamptz) as sent_at,
        delighted_responses.responded_at
    from delighted_responses
    left join delighted_references on delighted_responses.response_key = delighted_references.response_key
    where not delighted_responses.is_deleted

)

select * from unioned
