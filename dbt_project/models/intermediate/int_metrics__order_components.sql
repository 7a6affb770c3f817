with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

-- A cancelled order has no promise left, even if it was delivered all the same.
countable as (

    select *
    from orders
    where not is_cancelled

),

-- One row per event of an order that a metric counts on that event's day.
shipped as (

    select
        shipped_date as business_date, source, country, carrier,
        count(processing_days) as processing_n,
        coalesce(sum(processing_days), 0) as processing_total,
        coalesce(sum(processing_days * processing_days), 0) as processing_squares
    from countable
    where shipped_date is not null
    group by shipped_date, source, country, carrier

),

delivered as (

    select
        delivered_date as business_date, source, country, carrier,
        count(is_delivered_late) as promised_n,
        count(*) filter (where is_delivered_late) as late,
        count(*) filter (where is_delivered_after_promised_day) as late_by_date,
        count(*) as delivered_n,
        count(*) filter (where returned_date <= {{ as_of_date() }}) as returned,
        -- Thirty days are usual to change one's mind; until they are over the share may still grow.
        count(*) filter (
            where delivered_date > {{ as_of_date() }} - 30
            and (returned_date is null or returned_date > {{ as_of_date() }})
        ) as undecided,
        count(transit_days) as transit_n,
        coalesce(sum(transit_days), 0) as transit_total,
        coalesce(sum(transit_days * transit_days), 0) as transit_squares,
        count(delivery_days) as delivery_n,
        coalesce(sum(delivery_days), 0) as delivery_total,
        coalesce(sum(delivery_days * delivery_days), 0) as delivery_squares
    from countable
    where delivered_date is not null
    group by delivered_date, source, country, carrier

),

refunded as (

    select
        return_refunded_date as business_date, source, country, carrier,
        count(*) as refund_n,
        sum(refund_days) as refund_total,
        sum(refund_days * refund_days) as refund_squares
    from countable
    where refund_days is not null
    group by return_refunded_date, source, country, carrier

),

components as (

    select
        measure.*, delivered.business_date, delivered.source, delivered.country, delivered.carrier
    from delivered
    cross join
        lateral (
            values
            ('late_delivery_rate', promised_n, late, 0, 0, 0),
            ('late_delivery_rate_by_date', promised_n, late_by_date, 0, 0, 0),
            ('return_rate', delivered_n, returned, 0, 0, undecided),
            ('transit_days_mean', transit_n, 0, transit_total, transit_squares, 0),
            ('delivery_days_mean', delivery_n, 0, delivery_total, delivery_squares, 0)
        ) as measure (metric_variant, n, positives, total, total_of_squares, unfinished)
    union all
    select
        'processing_days_mean' as metric_variant, processing_n, 0, processing_total, processing_squares, 0,
        business_date, source, country, carrier
    from shipped
    union all
    select
        'refund_days_mean' as metric_variant, refund_n, 0, refund_total, refund_squares, 0,
        business_date, source, country, carrier
    from refunded

),

segmented as (

    {{ components_by_segment('components', ['source', 'country', 'carrier'],
                             ['total', 'total_of_squares', 'unfinished']) }}

)

select * from segmented
