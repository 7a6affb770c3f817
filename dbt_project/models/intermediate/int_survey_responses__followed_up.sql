with

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

contacts as (

    select * from {{ ref('int_tickets__agent_contacts') }}

),

answers as (

    select
        response_key,
        source,
        customer_key,
        score,
        outcome,
        order_key,
        ticket_key,
        channel,
        responded_at,
        business_date
    from responses
    where metric_variant = 'nps' and outcome is not null and business_date <= {{ as_of_date() }}

),

-- Two messages of one instant are one contact; the lower key names it.
moments_of_contact as (

    select
        customer_key,
        contacted_at,
        min(ticket_key) as ticket_key
    from contacts
    group by customer_key, contacted_at

),

moments as (

    select
        customer_key,
        responded_at as happened_at,
        cast(null as timestamptz) as contacted_at,
        1 as place_in_instant,
        response_key,
        score,
        outcome
    from answers
    where customer_key is not null
    union all
    select
        customer_key,
        contacted_at as happened_at,
        contacted_at,
        0 as place_in_instant,
        cast(null as text) as response_key,
        cast(null as integer) as score,
        cast(null as integer) as outcome
    from moments_of_contact

),

-- Along each customer's line: the first contact after an answer, and the next answer.
followed as (

    select
        customer_key,
        response_key,
        min(contacted_at) over (
            partition by customer_key
            order by happened_at, place_in_instant, response_key
            rows between 1 following and unbounded following
        ) as next_contact_at,
        lead(score) over answers_first as next_score,
        lead(outcome) over answers_first as next_outcome,
        lead(happened_at) over answers_first as next_responded_at
    from moments
    window answers_first as (
        partition by customer_key, place_in_instant order by happened_at, response_key
    )

),

joined as (

    select
        answers.*,
        followed.next_contact_at,
        moments_of_contact.ticket_key as next_contact_ticket_key,
        followed.next_score,
        followed.next_outcome,
        followed.next_responded_at
    from answers
    left join followed on answers.response_key = followed.response_key
    left join moments_of_contact
        on followed.customer_key = moments_of_contact.customer_key
            and followed.next_contact_at = moments_of_contact.contacted_at

)

select * from joined
