{{ config(unique_key=['cohort_month', 'month_number']) }}

with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

customer_months as (

    select
        customer_key,
        cast(date_trunc('month', cast(business_date as timestamp)) as date) as month,
        coalesce(sum(net_sales) filter (where not is_cancelled), 0) as net_sales
    from orders
    where business_date <= {{ as_of_date() }}
    group by customer_key, date_trunc('month', cast(business_date as timestamp))

),

cohorts as (

    select
        customer_key,
        month,
        net_sales,
        min(month) over (partition by customer_key) as cohort_month,
        row_number() over (partition by customer_key order by month) as active_month_number
    from customer_months

),

sizes as (

    select
        cohort_month,
        count(distinct customer_key) as customers
    from cohorts
    group by cohort_month

),

-- A customer's second active month is the one in which the customer came back for the first time.
activity as (

    select
        cohort_month,
        month,
        count(*) as active_customers,
        count(*) filter (where active_month_number = 2) as newly_returned,
        sum(net_sales) as net_sales
    from cohorts
    group by cohort_month, month

),

dense as (

    select
        sizes.cohort_month,
        calendar.month,
        sizes.customers,
        coalesce(activity.active_customers, 0) as active_customers,
        coalesce(activity.net_sales, 0) as net_sales,
        sum(coalesce(activity.newly_returned, 0)) over (
            partition by sizes.cohort_month order by calendar.month
        ) as returned_so_far
    from sizes
    cross join lateral ({{ months('sizes.cohort_month', as_of_date()) }}) as calendar
    left join activity on sizes.cohort_month = activity.cohort_month and calendar.month = activity.month

),

final as (

    select
        cohort_month,
        {{ months_between('cohort_month', 'month') }} as month_number,
        cast(customers as integer) as customers,
        cast(active_customers as integer) as active_customers,
        cast(cast(active_customers as numeric) / customers as numeric(20, 6)) as retention_rate,
        cast(returned_so_far / customers as numeric(20, 6)) as cumulative_rate,
        cast(net_sales as numeric(18, 2)) as net_sales
    from dense

)

select * from final
