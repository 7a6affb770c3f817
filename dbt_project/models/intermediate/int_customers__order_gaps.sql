{#- Only the last order day of a month decides what is said at the months' starts after it: so many medians at most are
    there per customer. -#}

with

order_days as (

    select * from {{ ref('int_customers__order_days') }}

),

gaps as (

    select
        customer_key,
        order_date,
        order_date - previous_order_date as gap_days
    from order_days
    where previous_order_date is not null

),

months_last as (

    select
        customer_key,
        order_date,
        next_order_date
    from order_days
    where day_number > 1
        and (next_order_date is null or {{ month_after('next_order_date') }} > {{ month_after('order_date') }})

),

medians as (

    select
        months_last.customer_key,
        months_last.order_date,
        months_last.next_order_date,
        count(*) as gaps,
        cast(percentile_cont(0.5) within group (order by gaps.gap_days) as numeric(20, 1)) as median_gap_days
    from months_last
    inner join gaps
        on months_last.customer_key = gaps.customer_key and months_last.order_date >= gaps.order_date
    group by months_last.customer_key, months_last.order_date, months_last.next_order_date

)

select * from medians
