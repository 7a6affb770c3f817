with

balances as (

    select * from {{ ref('int_subscriptions__balances') }}

),

segments as (

    select * from {{ ref('int_subscriptions__segments') }}

),

in_force as (

    select
        segments.segment_name,
        segments.segment_value,
        balances.amount,
        greatest(balances.month, segments.from_month) as from_month,
        least(balances.until_month, segments.until_month) as until_month
    from balances
    inner join segments
        on balances.customer_key = segments.customer_key
            and (balances.until_month is null or segments.from_month < balances.until_month)
            and (segments.until_month is null or balances.month < segments.until_month)
    where balances.terms > 0

),

-- What changes as a month begins has happened in the month before, to who was then in the segment.
happened as (

    select
        segments.segment_name,
        segments.segment_value,
        balances.month,
        balances.terms,
        balances.previous_terms,
        balances.previous_amount - balances.amount as less,
        balances.previous_amount
    from balances
    inner join segments
        on balances.customer_key = segments.customer_key
            and segments.from_month < balances.month
            and (segments.until_month is null or balances.month <= segments.until_month)

),

changes as (

    select
        segment_name, segment_value,
        from_month as month,
        1 as at_start, 0 as newly_lost, 0 as won_back,
        amount, 0 as cancelled, 0 as contracted, 0 as expanded
    from in_force
    union all
    select
        segment_name, segment_value,
        until_month as month,
        -1 as at_start, 0 as newly_lost, 0 as won_back,
        -amount as amount, 0 as cancelled, 0 as contracted, 0 as expanded
    from in_force
    where until_month is not null
    union all
    select
        segment_name, segment_value,
        month,
        0 as at_start,
        case when previous_terms > 0 and terms = 0 then 1 else 0 end as newly_lost,
        case when previous_terms = 0 and terms > 0 then 1 else 0 end as won_back,
        0 as amount,
        case when previous_terms > 0 and terms = 0 then previous_amount else 0 end as cancelled,
        case when previous_terms > 0 and terms > 0 then greatest(less, 0) else 0 end as contracted,
        case when previous_terms > 0 and terms > 0 then greatest(-less, 0) else 0 end as expanded
    from happened

),

monthly as (

    select
        segment_name,
        segment_value,
        month,
        sum(at_start) as at_start,
        sum(newly_lost) as newly_lost,
        sum(won_back) as won_back,
        sum(amount) as amount,
        sum(cancelled) as cancelled,
        sum(contracted) as contracted,
        sum(expanded) as expanded
    from changes
    group by segment_name, segment_value, month

)

select * from monthly
