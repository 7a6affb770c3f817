with

responses as (

    select * from {{ ref('int_survey_responses__unioned') }}

),

scored as (

    select * from {{ ref('int_survey_responses__scored') }}

),

identities as (

    select * from {{ ref('int_customers__identities') }}

),

order_references as (

    select * from {{ ref('int_orders__references') }}

),

ticket_references as (

    select * from {{ ref('int_tickets__references') }}

),

joined as (

    select
        responses.response_key,
        responses.submission_key,
        responses.source,
        responses.form_id,
        responses.question,
        identities.customer_key,
        scored.metric,
        scored.metric_variant,
        scored.scale_min,
        scored.scale_max,
        scored.direction,
        scored.score,
        scored.goodness,
        scored.outcome,
        scored.bucket,
        responses.sent_at,
        responses.responded_at,
        {{ business_date('responses.responded_at') }} as business_date,
        -- Blanks and line ends alone are no comment.
        case when {{ has_text('responses.comment') }} then responses.comment end as comment,
        coalesce(responses.channel, 'unknown') as channel,
        order_references.order_key,
        coalesce(responses.rated_ticket_key, ticket_references.ticket_key) as ticket_key,
        responses.rated_ticket_key is not null as is_ticket_rating,
        responses.rated_agent_key
    from responses
    left join scored on responses.response_key = scored.response_key
    left join identities on responses.identity_key = identities.identity_key
    left join order_references on responses.order_reference = order_references.reference
    left join ticket_references on responses.ticket_reference = ticket_references.reference

)

select * from joined
