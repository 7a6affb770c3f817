{{ config(unique_key=['response_key']) }}

with

detractors as (

    select * from {{ ref('int_surveys__closed_loop') }}

),

final as (

    select
        response_key,
        source,
        channel,
        customer_key,
        score,
        responded_at,
        business_date,
        order_key,
        ticket_key,
        followup_ticket_key,
        contacted_at,
        hours_to_contact,
        is_contacted,
        next_score,
        next_responded_at,
        is_recovered
    from detractors

)

select * from final
