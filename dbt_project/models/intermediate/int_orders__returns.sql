with

returns as (

    select * from {{ ref('int_returns__unioned') }}

),

refunds as (

    select * from {{ ref('int_refunds__unioned') }}

),

-- One return is one for its order, however many systems tell of it; the first of each kind counts.
opened as (

    select
        order_key,
        min(returned_at) as returned_at,
        min(opened_at) as opened_at,
        min(refunded_at) filter (where opened_at is not null) as refunded_at
    from returns
    group by order_key

),

-- Where no refund names the return, the order's first one after it was opened is taken for its own.
refunds_after as (

    select
        opened.order_key,
        min(refunds.refunded_at) as refunded_at
    from opened
    inner join refunds on opened.order_key = refunds.order_key and opened.opened_at <= refunds.refunded_at
    group by opened.order_key

),

final as (

    select
        opened.order_key,
        opened.returned_at,
        opened.opened_at,
        coalesce(opened.refunded_at, refunds_after.refunded_at) as refunded_at,
        {{ days_between('opened.opened_at', 'coalesce(opened.refunded_at, refunds_after.refunded_at)') }} as refund_days
    from opened
    left join refunds_after on opened.order_key = refunds_after.order_key

)

select * from final
