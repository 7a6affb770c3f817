{{ config(unique_key=['cohort_month', 'month_number']) }}

with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

sales_events as (

    select * from {{ ref('int_sales__events') }}

),

customer_months as (

    select
        customer_key,
        cast(date_trunc('month', cast(business_date as timestamp)) as date) as month
    from orders
    where business_date <= {{ as_of_date() }}
    group by customer_key, date_trunc('month', cast(business_date as timestamp))

),

cohorts as (

    select
        customer_key,
        month,
        min(month) over (partition by customer_key) as cohort_month,
        row_number() over (partition by customer_key order by month) as active_month_number
    from customer_months

),

sizes as (

    select
        cohort_month,
        count(*) as customers
    from cohorts
    where active_month_number = 1
    group by cohort_month

),

-- A customer's second active month is the one in which the customer came back for the first time.
activity as (

    select
        cohort_month,
        month,
        count(*) as active_customers,
        count(*) filter (where active_month_number = 2) as newly_returned
    from cohorts
    group by cohort_month, month

),

-- A refund takes off the month it is paid in, whenever the order was. An amount that has no rate makes its sum unknown.
sales as (

    select
        cohorts.cohort_month,
        cast(date_trunc('month', cast(sales_events.business_date as timestamp)) as date) as month,
        sum(sales_events.net_sales * sales_events.exchange_rate) as net_sales,
        count(*) filter (where sales_events.exchange_rate is null) as unconvertible
    from sales_events
    inner join cohorts on sales_events.customer_key = cohorts.customer_key and cohorts.active_month_number = 1
    group by cohorts.cohort_month, date_trunc('month', cast(sales_events.business_date as timestamp))

),

dense as (

    select
        sizes.cohort_month,
        calendar.month,
        sizes.customers,
        coalesce(activity.active_customers, 0) as active_customers,
        coalesce(sales.net_sales, 0) as net_sales,
        sum(coalesce(activity.newly_returned, 0)) over months_so_far as returned_so_far,
        sum(coalesce(sales.net_sales, 0)) over months_so_far as net_sales_so_far,
        coalesce(sales.unconvertible, 0) as unconvertible,
        sum(coalesce(sales.unconvertible, 0)) over months_so_far as unconvertible_so_far,
        cast(calendar.month + interval '1 month' as date) <= {{ as_of_date() }} + 1 as is_complete
    from sizes
    cross join lateral ({{ months('sizes.cohort_month', as_of_date()) }}) as calendar
    left join activity on sizes.cohort_month = activity.cohort_month and calendar.month = activity.month
    left join sales on sizes.cohort_month = sales.cohort_month and calendar.month = sales.month
    window months_so_far as (partition by sizes.cohort_month order by calendar.month)

),

-- The counts of a month that is not over are those so far; a rate of it is not known yet.
final as (

    select
        cohort_month,
        {{ months_between('cohort_month', 'month') }} as month_number,
        cast(customers as integer) as customers,
        cast(active_customers as integer) as active_customers,
        cast(returned_so_far as integer) as returned_customers,
        cast(case when is_complete then cast(active_customers as numeric) / customers end as numeric(20, 6))
            as retention_rate,
        cast(case when is_complete then returned_so_far / customers end as numeric(20, 6)) as cumulative_rate,
        cast(case when unconvertible = 0 then net_sales end as numeric(18, 2)) as net_sales,
        cast(case when unconvertible_so_far = 0 then net_sales_so_far end as numeric(18, 2)) as cumulative_net_sales,
        is_complete
    from dense

)

select * from final
