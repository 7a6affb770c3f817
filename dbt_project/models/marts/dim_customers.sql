{{ config(unique_key=['customer_key']) }}

with

profiles as (

    select * from {{ ref('int_customers__profiles') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

),

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

order_history as (

    select
        customer_key,
        min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at,
        count(*) as orders_count,
        coalesce(sum(net_sales) filter (where not is_cancelled), 0) as net_sales
    from orders
    group by customer_key

),

ticket_history as (

    select
        customer_key,
        min(created_at) as first_ticket_at,
        count(*) as tickets_count
    from tickets
    where exclusion_reason is null
    group by customer_key

),

response_history as (

    select
        customer_key,
        min(responded_at) as first_response_at,
        count(*) as responses_count,
        (
            array_agg(score order by responded_at desc, response_key desc) filter (where metric = 'nps')
        )[1] as last_nps,
        (
            array_agg(score order by responded_at desc, response_key desc) filter (where metric = 'csat')
        )[1] as last_csat
    from responses
    where score is not null
    group by customer_key

),

final as (

    select
        profiles.customer_key,
        {{ text_hash('profiles.email') }} as email_hash,
        profiles.name,
        profiles.email,
        profiles.phone,
        profiles.country,
        least(
            profiles.first_seen_at, order_history.first_order_at, ticket_history.first_ticket_at,
            response_history.first_response_at
        ) as first_seen_at,
        order_history.first_order_at,
        order_history.last_order_at,
        cast(coalesce(order_history.orders_count, 0) as integer) as orders_count,
        cast(coalesce(order_history.net_sales, 0) as numeric(18, 2)) as net_sales,
        cast(coalesce(ticket_history.tickets_count, 0) as integer) as tickets_count,
        cast(coalesce(response_history.responses_count, 0) as integer) as responses_count,
        response_history.last_nps,
        response_history.last_csat,
        coalesce(
            order_history.last_order_at >= {{ local_midnight(as_of_date() ~ ' + 1 - 90') }}, false
        ) as is_active,
        case
            when order_history.orders_count is null then 'no_order'
            when order_history.orders_count = 1 then 'one_order'
            else 'repeat'
        end as segment,
        profiles.identities_count,
        profiles.sources
    from profiles
    left join order_history on profiles.customer_key = order_history.customer_key
    left join ticket_history on profiles.customer_key = ticket_history.customer_key
    left join response_history on profiles.customer_key = response_history.customer_key

)

select * from final
