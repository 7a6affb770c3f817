with

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

-- One survey may ask several things: what was sent is counted once, and it is answered with its first answer.
submissions as (

    select
        submission_key,
        source,
        channel,
        min(question) as question,
        min(customer_key) as customer_key,
        min(order_key) as order_key,
        min(sent_at) as sent_at,
        min(responded_at) as responded_at,
        count(comment) > 0 as has_comment
    from responses
    where sent_at is not null
    group by submission_key, source, channel

),

dated as (

    select
        *,
        {{ business_date('sent_at') }} as sent_date,
        {{ business_date('responded_at') }} as responded_date
    from submissions

),

-- An answer counts up to the end of the last day of its window, and not before that day is over is a cohort known.
final as (

    select
        submission_key,
        source,
        channel,
        question,
        customer_key,
        order_key,
        sent_at,
        sent_date,
        coalesce(responded_date - sent_date <= {{ var('response_window_days') }}, false) as is_answered,
        has_comment
        and coalesce(responded_date - sent_date <= {{ var('response_window_days') }}, false) as is_commented,
        sent_date + {{ var('response_window_days') }} <= {{ as_of_date() }} as is_elapsed
    from dated

)

select * from final
