with

shipments as (

    select * from {{ ref('int_shipments__joined') }}

),

-- A parcel counts on the day its way ended: at the customer's door, or back at the shop. Only the carrier platform
-- tells of those that came back; a share of other sources' parcels would always be 0.
ended as (

    select
        coalesce(delivered_date, sent_back_date) as business_date, source, country, carrier,
        count(*) filter (where source = 'shiprocket') as ended,
        count(*) filter (where outcome = 'returned_to_origin') as sent_back,
        count(delivered_at) as delivered,
        count(*) filter (where delivered_at is not null and failed_attempts = 0) as delivered_at_first
    from shipments
    where outcome in ('delivered', 'late', 'returned_to_origin')
        and coalesce(delivered_date, sent_back_date) is not null
    group by coalesce(delivered_date, sent_back_date), source, country, carrier

),

components as (

    select
        measure.*, ended.business_date, ended.source, ended.country, ended.carrier
    from ended
    cross join
        lateral (
            values
            ('return_to_origin_rate', ended.ended, ended.sent_back),
            ('first_attempt_rate', ended.delivered, ended.delivered_at_first)
        ) as measure (metric_variant, n, positives)

),

segmented as (

    {{ components_by_segment('components', ['source', 'country', 'carrier']) }}

)

select * from segmented
