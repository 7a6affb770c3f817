{{ config(unique_key=['business_date', 'source']) }}

with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

refunds as (

    select * from {{ ref('int_orders__refunds') }}

),

spine as (

    select
        sources.source,
        calendar.day as business_date
    from (select distinct source from orders) as sources
    cross join (select min(business_date) as first_day from orders) as bounds
    cross join lateral ({{ days('bounds.first_day', as_of_date()) }}) as calendar

),

placed as (

    select
        source,
        business_date,
        count(*) as orders
    from orders
    group by source, business_date

),

shipped as (

    select
        source,
        shipped_date as business_date,
        count(*) as shipped,
        count(processing_days) as processing_days_n,
        sum(processing_days) as processing_days_sum,
        percentile_cont(0.5) within group (order by processing_days) as processing_days_median,
        percentile_cont(0.9) within group (order by processing_days) as processing_days_p90
    from orders
    where shipped_date is not null and not is_cancelled
    group by source, shipped_date

),

delivered as (

    select
        source,
        delivered_date as business_date,
        count(*) as delivered,
        count(is_delivered_late) as delivered_with_promise,
        count(*) filter (where is_delivered_late) as late,
        count(*) filter (where is_delivered_after_promised_day) as late_by_date,
        sum(late_days) as late_days_sum,
        count(*) filter (where returned_date <= {{ as_of_date() }}) as delivered_and_returned,
        count(transit_days) as transit_days_n,
        count(delivery_days) as delivery_days_n,
        sum(transit_days) as transit_days_sum,
        percentile_cont(0.5) within group (order by transit_days) as transit_days_median,
        percentile_cont(0.9) within group (order by transit_days) as transit_days_p90,
        sum(delivery_days) as delivery_days_sum,
        percentile_cont(0.5) within group (order by delivery_days) as delivery_days_median,
        percentile_cont(0.9) within group (order by delivery_days) as delivery_days_p90
    from orders
    where delivered_date is not null and not is_cancelled
    group by source, delivered_date

),

return_refunded as (

    select
        source,
        return_refunded_date as business_date,
        count(*) as refund_days_n,
        sum(refund_days) as refund_days_sum,
        percentile_cont(0.5) within group (order by refund_days) as refund_days_median,
        percentile_cont(0.9) within group (order by refund_days) as refund_days_p90
    from orders
    where refund_days is not null and not is_cancelled
    group by source, return_refunded_date

),

returned as (

    select
        source,
        business_date,
        count(distinct order_key) as returned_orders,
        sum(amount) as returns
    from refunds
    group by source, business_date

),

final as (

    select
        spine.business_date,
        spine.source,
        cast(coalesce(placed.orders, 0) as integer) as orders,
        cast(coalesce(shipped.shipped, 0) as integer) as shipped,
        cast(coalesce(delivered.delivered, 0) as integer) as delivered,
        cast(coalesce(delivered.delivered_with_promise, 0) as integer) as delivered_with_promise,
        cast(coalesce(delivered.late, 0) as integer) as late,
        cast(coalesce(shipped.processing_days_sum, 0) as numeric(20, 6)) as processing_days_sum,
        cast(shipped.processing_days_median as numeric(20, 6)) as processing_days_median,
        cast(shipped.processing_days_p90 as numeric(20, 6)) as processing_days_p90,
        cast(coalesce(delivered.transit_days_sum, 0) as numeric(20, 6)) as transit_days_sum,
        cast(delivered.transit_days_median as numeric(20, 6)) as transit_days_median,
        cast(delivered.transit_days_p90 as numeric(20, 6)) as transit_days_p90,
        cast(coalesce(delivered.delivery_days_sum, 0) as numeric(20, 6)) as delivery_days_sum,
        cast(delivered.delivery_days_median as numeric(20, 6)) as delivery_days_median,
        cast(delivered.delivery_days_p90 as numeric(20, 6)) as delivery_days_p90,
        cast(coalesce(returned.returned_orders, 0) as integer) as returned_orders,
        cast(coalesce(returned.returns, 0) as numeric(18, 2)) as returns,
        cast(coalesce(delivered.late_by_date, 0) as integer) as late_by_date,
        cast(coalesce(delivered.late_days_sum, 0) as numeric(20, 6)) as late_days_sum,
        cast(coalesce(shipped.processing_days_n, 0) as integer) as processing_days_n,
        cast(coalesce(delivered.transit_days_n, 0) as integer) as transit_days_n,
        cast(coalesce(delivered.delivery_days_n, 0) as integer) as delivery_days_n,
        cast(coalesce(delivered.delivered_and_returned, 0) as integer) as delivered_and_returned,
        cast(coalesce(return_refunded.refund_days_n, 0) as integer) as refund_days_n,
        cast(coalesce(return_refunded.refund_days_sum, 0) as numeric(20, 6)) as refund_days_sum,
        cast(return_refunded.refund_days_median as numeric(20, 6)) as refund_days_median,
        cast(return_refunded.refund_days_p90 as numeric(20, 6)) as refund_days_p90
    from spine
    left join placed on spine.source = placed.source and spine.business_date = placed.business_date
    left join shipped on spine.source = shipped.source and spine.business_date = shipped.business_date
    left join delivered on spine.source = delivered.source and spine.business_date = delivered.business_date
    left join returned on spine.source = returned.source and spine.business_date = returned.business_date
    left join return_refunded
        on spine.source = return_refunded.source and spine.business_date = return_refunded.business_date

)

select * from final
