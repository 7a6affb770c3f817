with

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

),

profiles as (

    select * from {{ ref('int_customers__profiles') }}

),

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

order_value_bands as (

    select * from {{ ref('order_value_bands') }}

),

customer_age_bands as (

    select * from {{ ref('customer_age_bands') }}

),

first_orders as (

    select
        customer_key,
        min(ordered_at) as first_order_at,
        min(business_date) as first_order_date
    from orders
    group by customer_key

),

joined as (

    select
        responses.response_key,
        responses.customer_key,
        responses.metric_variant,
        responses.source,
        responses.question,
        responses.channel,
        coalesce(orders.country, profiles.country) as country,
        {{ delivery_outcome('orders', 'responses.responded_at') }} as delivery_outcome,
        -- What was to be paid for the goods; later returns are no part of it.
        order_value_bands.band as order_value_band,
        customer_age_bands.band as customer_age_band,
        responses.order_key,
        -- Only ratings of a ticket speak of its agent.
        case
            when responses.is_ticket_rating then coalesce(responses.rated_agent_key, tickets.csat_agent_key)
        end as agent,
        responses.goodness,
        responses.outcome,
        responses.responded_at,
        responses.business_date
    from responses
    left join orders on responses.order_key = orders.order_key
    left join profiles on responses.customer_key = profiles.customer_key
    left join tickets on responses.ticket_key = tickets.ticket_key
    left join first_orders on responses.customer_key = first_orders.customer_key
    left join order_value_bands
        on {{ in_band('order_value_bands', 'value', '(orders.gross_sales - orders.discounts)') }}
    left join customer_age_bands
        on
            first_orders.first_order_at <= responses.responded_at
            and {{ in_band('customer_age_bands', 'days', '(responses.business_date - first_orders.first_order_date)') }}
    where responses.outcome is not null and responses.business_date <= {{ as_of_date() }}

)

select * from joined
