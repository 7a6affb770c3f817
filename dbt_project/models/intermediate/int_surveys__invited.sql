with

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

),

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

order_value_bands as (

    select * from {{ ref('order_value_bands') }}

),

invited as (

    select
        response_key,
        source,
        question,
        customer_key,
        order_key,
        sent_at,
        {{ business_date('sent_at') }} as sent_date,
        outcome,
        business_date as responded_date
    from responses
    where metric_variant = 'nps' and sent_at is not null

),

-- A customer's tickets until an invitation, counted along the customer's line of both.
moments as (

    select
        customer_key,
        sent_at as happened_at,
        response_key,
        0 as tickets
    from invited
    where customer_key is not null
    union all
    select
        customer_key,
        created_at as happened_at,
        cast(null as text) as response_key,
        1 as tickets
    from tickets
    where customer_key is not null and exclusion_reason is null

),

counted as (

    select
        response_key,
        sum(tickets) over (
            partition by customer_key order by happened_at range between unbounded preceding and current row
        ) as tickets_before
    from moments

),

-- How the invited differed when they were asked, whether or not they answered: what came later is not known of the
-- silent ones alone.
joined as (

    select
        invited.response_key,
        invited.source,
        invited.question,
        invited.sent_date,
        invited.sent_date + {{ var('response_window_days') }} <= {{ as_of_date() }} as is_elapsed,
        coalesce(order_value_bands.band, 'no_order') as order_value_band,
        coalesce({{ delivery_outcome('orders', 'invited.sent_at') }}, 'unknown') as delivery_outcome,
        case
            when counted.tickets_before is null then 'unknown'
            when counted.tickets_before = 0 then 'none'
            when counted.tickets_before = 1 then 'one'
            else 'several'
        end as tickets,
        case
            when invited.responded_date - invited.sent_date <= {{ var('response_window_days') }} then invited.outcome
        end as outcome
    from invited
    left join orders on invited.order_key = orders.order_key
    left join order_value_bands
        on {{ in_band('order_value_bands', 'value', '(orders.gross_sales - orders.discounts)') }}
    left join counted on invited.response_key = counted.response_key

)

select * from joined
