with

fulfillments as (

    select * from {{ ref('stg_shopify__fulfillments') }}

),

tracking_numbers as (

    select * from {{ ref('stg_shopify__tracking_numbers') }}

),

events as (

    select * from {{ ref('stg_shopify__fulfillment_events') }}

),

fulfillment_orders as (

    select * from {{ ref('stg_shopify__fulfillment_orders') }}

),

served as (

    select * from {{ ref('stg_shopify__fulfillment_order_fulfillments') }}

),

tracking as (

    select
        fulfillment_key,
        (array_agg(carrier order by tracking_key) filter (where carrier is not null))[1] as carrier,
        (array_agg(tracking_number order by tracking_key) filter (where tracking_number is not null))[1]
            as tracking_number
    from tracking_numbers
    group by fulfillment_key

),

scans as (

    select
        fulfillment_key,
        max(happened_at) filter (where status = 'DELIVERED') as delivered_at,
        min(happened_at) filter (where status = 'ATTEMPTED_DELIVERY') as first_failed_at,
        count(*) filter (where status = 'ATTEMPTED_DELIVERY') as failed_attempts
    from events
    group by fulfillment_key

),

-- What the customer was promised at the checkout. A carrier's own estimate moves while the parcel is late.
promises as (

    select
        served.fulfillment_key,
        max(fulfillment_orders.promised_at) as promised_at
    from served
    inner join fulfillment_orders on served.fulfillment_order_key = fulfillment_orders.fulfillment_order_key
    group by served.fulfillment_key

),

joined as (

    select
        fulfillments.fulfillment_key as shipment_key,
        'shopify' as source,
        fulfillments.order_key,
        tracking.carrier,
        tracking.tracking_number,
        fulfillments.shipped_at as created_at,
        fulfillments.shipped_at,
        coalesce(fulfillments.delivered_at, scans.delivered_at) as delivered_at,
        coalesce(promises.promised_at, fulfillments.promised_at) as promised_at,
        scans.first_failed_at,
        coalesce(scans.failed_attempts, 0) as failed_attempts,
        cast(null as timestamptz) as sent_back_at,
        not fulfillments.is_shipment as is_cancelled,
        false as is_sent_back
    from fulfillments
    left join tracking on fulfillments.fulfillment_key = tracking.fulfillment_key
    left join scans on fulfillments.fulfillment_key = scans.fulfillment_key
    left join promises on fulfillments.fulfillment_key = promises.fulfillment_key

)

select * from joined
