with

shipments as (

    select * from {{ ref('int_shipments__unioned') }}

),

orders as (

    select * from {{ ref('int_orders__unioned') }}

),

-- Parcels of orders that do not count are left out with them; those whose order nobody can name stay.
countable as (

    select
        shipments.*,
        orders.source as order_source,
        orders.country
    from shipments
    left join orders on shipments.order_key = orders.order_key
    where orders.exclusion_reason is null

),

-- The first that applies. A parcel that arrived after a failed attempt has arrived; how often it failed stays beside.
final as (

    select
        *,
        {{ business_date('coalesce(shipped_at, created_at)') }} as business_date,
        {{ business_date('delivered_at') }} as delivered_date,
        {{ business_date('sent_back_at') }} as sent_back_date,
        case
            when is_cancelled then 'cancelled'
            when is_sent_back then 'returned_to_origin'
            when delivered_at > promised_at then 'late'
            when delivered_at is not null then 'delivered'
            when failed_attempts > 0 then 'failed_attempt'
            when shipped_at is not null then 'in_transit'
            else 'pending'
        end as outcome,
        {{ days_between('shipped_at', 'delivered_at') }} as transit_days,
        cast(case
            when delivered_at > promised_at then {{ days_between('promised_at', 'delivered_at') }}
            when delivered_at <= promised_at then 0
        end as numeric(20, 6)) as late_days
    from countable

)

select * from final
