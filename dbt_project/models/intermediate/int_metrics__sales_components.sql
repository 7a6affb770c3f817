with

events as (

    select * from {{ ref('int_sales__events') }}

),

-- In its own currency each event is counted for that currency; in the reporting currency for everything else.
told as (

    select
        business_date, source, country, currency, orders, refunds, gross_sales, returns, net_sales,
        'currency' as told_in
    from events
    union all
    select
        business_date, source, country, currency, orders, refunds,
        gross_sales * exchange_rate as gross_sales,
        returns * exchange_rate as returns,
        net_sales * exchange_rate as net_sales,
        'reporting' as told_in
    from events

),

days as (

    select
        told_in,
        business_date,
        source,
        country,
        currency,
        sum(orders) as orders,
        sum(refunds) as refunds,
        sum(gross_sales) as gross_sales,
        sum(returns) as returns,
        sum(net_sales) as net_sales,
        sum(net_sales * net_sales) as net_sales_squares,
        count(*) filter (where net_sales is null) as unconvertible
    from told
    group by told_in, business_date, source, country, currency

),

segmented as (

    select
        days.*,
        segment.segment_name,
        segment.segment_value
    from days
    cross join
        lateral (
            {{ segments('days', ['source', 'country', 'currency']) }}
        ) as segment (segment_name, segment_value)
    where segment.segment_value is not null and (segment.segment_name = 'currency') = (days.told_in = 'currency')

),

summed as (

    select
        segment_name,
        segment_value,
        business_date,
        sum(orders) as orders,
        sum(refunds) as refunds,
        sum(gross_sales) as gross_sales,
        sum(returns) as returns,
        sum(net_sales) as net_sales,
        sum(net_sales_squares) as net_sales_squares,
        -- One amount without a rate would make every sum it belongs to, and all later ones, too small.
        sum(sum(unconvertible)) over (partition by segment_name, segment_value) as unconvertible
    from segmented
    group by segment_name, segment_value, business_date

),

-- An order and its refund count apart in the interval of the average: a little wider than if they were one.
components as (

    select
        measure.metric_variant,
        summed.segment_name,
        summed.segment_value,
        summed.business_date,
        measure.n,
        0 as positives,
        0 as negatives,
        measure.total,
        measure.total_of_squares,
        0 as unfinished
    from summed
    cross join
        lateral (
            values
            ('gross_sales', summed.orders, summed.gross_sales, cast(0 as numeric)),
            ('returns', summed.refunds, summed.returns, cast(0 as numeric)),
            ('net_sales', summed.orders + summed.refunds, summed.net_sales, cast(0 as numeric)),
            ('aov', summed.orders, summed.net_sales, summed.net_sales_squares)
        ) as measure (metric_variant, n, total, total_of_squares)
    where summed.unconvertible = 0

)

select * from components
