with

positions as (

    select * from {{ ref('int_experiences__positions') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

),

answers as (

    select * from {{ ref('int_experiences__answers') }}

),

order_value_bands as (

    select * from {{ ref('order_value_bands') }}

),

customer_age_bands as (

    select * from {{ ref('customer_age_bands') }}

),

followed_orders as (

    select
        customer_key,
        order_number_of_customer,
        gross_sales - discounts as order_value,
        lead(business_date) over (partition by customer_key order by order_number_of_customer) as next_order_date
    from orders

),

-- The latest order, which knows the next one, and the next answers, each found by its number. For a customer who had
-- not ordered yet the first order is the next.
joined as (

    select
        positions.*,
        latest_orders.order_value,
        case
            when positions.orders_so_far > 0 then positions.experience_date - positions.first_order_date
        end as age_days,
        positions.experience_date + 90 <= {{ as_of_date() }} as is_elapsed,
        case
            when positions.orders_so_far > 0 then latest_orders.next_order_date
            else positions.first_order_date
        end <= positions.experience_date + 90 as is_repeat,
        case when next_nps.business_date <= positions.experience_date + 90 then next_nps.outcome end as nps_outcome,
        case when next_csat.business_date <= positions.experience_date + 90 then next_csat.outcome end as csat_outcome
    from positions
    left join followed_orders as latest_orders
        on positions.customer_key = latest_orders.customer_key
            and positions.orders_so_far = latest_orders.order_number_of_customer
    left join answers as next_nps
        on positions.customer_key = next_nps.customer_key
            and next_nps.metric = 'nps'
            and positions.nps_so_far + 1 = next_nps.answer_number_of_customer
    left join answers as next_csat
        on positions.customer_key = next_csat.customer_key
            and next_csat.metric = 'csat'
            and positions.csat_so_far + 1 = next_csat.answer_number_of_customer

),

final as (

    select
        joined.customer_key,
        joined.experience_event,
        joined.bucket,
        joined.is_reference,
        joined.cohort_month,
        joined.is_elapsed,
        -- Until the 90 days are over nothing is known: those who came back early would stand for all.
        case when joined.is_elapsed then coalesce(joined.is_repeat, false) end as is_repeat,
        case when joined.is_elapsed then joined.nps_outcome end as nps_outcome,
        case when joined.is_elapsed then joined.csat_outcome end as csat_outcome,
        coalesce(order_value_bands.band, 'no_order') as order_value_band,
        coalesce(customer_age_bands.band, 'no_order') as customer_age_band
    from joined
    left join order_value_bands on {{ in_band('order_value_bands', 'value', 'joined.order_value') }}
    left join customer_age_bands on {{ in_band('customer_age_bands', 'days', 'joined.age_days') }}

)

select * from final
