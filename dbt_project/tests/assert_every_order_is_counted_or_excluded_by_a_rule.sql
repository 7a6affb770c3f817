-- Orders of the stores that are missing from the mart although no named rule excludes them, and the reverse.
with

expected as (

    select order_key
    from {{ ref('stg_shopify__orders') }}
    where not is_test and not is_deleted
    union all
    select order_key
    from {{ ref('stg_woocommerce__orders') }}
    where not is_deleted and status not in ('auto-draft', 'checkout-draft', 'draft')

),

counted as (

    select order_key
    from {{ ref('fct_orders') }}

)

select coalesce(expected.order_key, counted.order_key) as order_key
from expected
full join counted on expected.order_key = counted.order_key
where expected.order_key is null or counted.order_key is null
