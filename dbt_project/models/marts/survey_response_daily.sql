{{ config(unique_key=['business_date', 'source', 'channel']) }}

with

sent as (

    select * from {{ ref('int_surveys__sent') }}

),

first_day as (

    select min(sent_date) as first_day
    from sent

),

spine as (

    select calendar.day as business_date
    from first_day
    cross join lateral ({{ days('first_day.first_day', as_of_date()) }}) as calendar

),

pairs as (

    select distinct source, channel
    from sent
    where sent_date <= {{ as_of_date() }}

),

daily as (

    select
        source,
        channel,
        sent_date,
        count(*) as sent,
        count(*) filter (where is_answered) as answered,
        count(*) filter (where is_commented) as commented
    from sent
    group by source, channel, sent_date

),

-- Until its window is over a cohort's answers are unknown, not few.
dense as (

    select
        spine.business_date,
        pairs.source,
        pairs.channel,
        coalesce(daily.sent, 0) as sent,
        spine.business_date + {{ var('response_window_days') }} <= {{ as_of_date() }} as is_complete,
        case
            when spine.business_date + {{ var('response_window_days') }} <= {{ as_of_date() }}
                then coalesce(daily.answered, 0)
        end as answered,
        case
            when spine.business_date + {{ var('response_window_days') }} <= {{ as_of_date() }}
                then coalesce(daily.commented, 0)
        end as commented
    from spine
    cross join pairs
    left join daily
        on pairs.source = daily.source
            and pairs.channel = daily.channel
            and spine.business_date = daily.sent_date

),

final as (

    select
        business_date,
        source,
        channel,
        cast(sent as integer) as sent,
        cast(answered as integer) as answered,
        cast(commented as integer) as commented,
        cast(cast(answered as numeric) / nullif(sent, 0) as numeric(20, 6)) as response_rate,
        {{ wilson('answered', 'sent', '-') }} as response_rate_ci_low,
        {{ wilson('answered', 'sent', '+') }} as response_rate_ci_high,
        cast(cast(commented as numeric) / nullif(answered, 0) as numeric(20, 6)) as comment_rate_by_send_date,
        {{ wilson('commented', 'answered', '-') }} as comment_rate_by_send_date_ci_low,
        {{ wilson('commented', 'answered', '+') }} as comment_rate_by_send_date_ci_high,
        is_complete
    from dense

)

select * from final
