with

answers as (

    select * from {{ ref('int_survey_responses__followed_up') }}

),

detractors as (

    select
        *,
        next_contact_at < responded_at + interval '{{ var("contact_window_days") }} days' as is_in_window,
        responded_at + interval '{{ var("contact_window_days") }} days'
        <= {{ local_midnight(as_of_date() ~ ' + 1') }} as is_elapsed
    from answers
    where outcome = -1

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
        case when is_in_window then next_contact_ticket_key end as followup_ticket_key,
        case when is_in_window then next_contact_at end as contacted_at,
        case
            when is_in_window then cast({{ minutes_between('responded_at', 'next_contact_at') }} / 60 as numeric(20, 6))
        end as hours_to_contact,
        case when is_in_window then true when is_elapsed then false end as is_contacted,
        next_score,
        next_responded_at,
        next_outcome >= 0 as is_recovered
    from detractors

)

select * from final
