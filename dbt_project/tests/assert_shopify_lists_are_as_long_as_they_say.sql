{{ config(severity='warn') }}
-- Orders whose lists of payments or fulfillments are shorter than the store's own count of them. Only a warning: that
-- the count and the list always mean the same is not documented.
with

fulfillments as (

    select
        order_key,
        count(*) as listed
    from {{ ref('stg_shopify__fulfillments') }}
    group by order_key

),

transactions as (

    select
        order_key,
        count(*) as listed
    from {{ ref('stg_shopify__transactions') }}
    group by order_key

)

select orders.order_key
from {{ ref('stg_shopify__orders') }} as orders
left join fulfillments on orders.order_key = fulfillments.order_key
left join transactions on orders.order_key = transactions.order_key
where
    orders.fulfillments_count > coalesce(fulfillments.listed, 0)
    or orders.transactions_count > coalesce(transactions.listed, 0)
