with

refunds as (

    select * from {{ ref('int_refunds__unioned') }}

),

orders as (

    select * from {{ ref('int_orders__joined') }}

),

-- A cancelled order was no sale, so paying it back is no return.
joined as (

    select
        refunds.refund_key,
        refunds.order_key,
        orders.source,
        refunds.refunded_at,
        {{ business_date('refunds.refunded_at') }} as business_date,
        refunds.amount,
        orders.gross_sales - orders.discounts as goods,
        sum(refunds.amount) over (
            partition by refunds.order_key order by refunds.refunded_at, refunds.refund_key
        ) as refunded_so_far
    from refunds
    inner join orders on refunds.order_key = orders.order_key
    where not orders.is_cancelled

),

-- Goods are returned up to what they cost; what is paid back beyond is shipping or goodwill.
final as (

    select
        refund_key,
        order_key,
        source,
        refunded_at,
        business_date,
        least(refunded_so_far, goods) - least(refunded_so_far - amount, goods) as amount
    from joined

)

select * from final
