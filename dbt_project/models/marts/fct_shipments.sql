{{ config(unique_key=['shipment_key']) }}

with

shipments as (

    select * from {{ ref('int_shipments__joined') }}

),

final as (

    select
        shipment_key,
        source,
        order_key,
        order_source,
        carrier,
        tracking_number,
        business_date,
        created_at,
        shipped_at,
        promised_at,
        first_failed_at,
        delivered_at,
        sent_back_at,
        outcome,
        cast(failed_attempts as integer) as failed_attempts,
        transit_days,
        cast(late_days as numeric(20, 6)) as late_days
    from shipments

)

select * from final
