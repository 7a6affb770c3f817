with

responses as (

    select * from {{ ref('int_survey_responses__components') }}

),

shopify_lines as (

    select * from {{ ref('stg_shopify__line_items') }}

),

woocommerce_lines as (

    select * from {{ ref('stg_woocommerce__line_items') }}

),

order_products as (

    select order_key, coalesce(title, product_key) as product
    from shopify_lines
    union
    select order_key, coalesce(title, product_key) as product
    from woocommerce_lines

),

-- Products and agents may be thousands: by month and over all time, not by day. An answer on an order counts for each
-- of the order's products.
grouped as (

    select
        responses.metric_variant,
        'product' as segment_name,
        order_products.product as segment_value,
        responses.business_date,
        responses.positives,
        responses.negatives,
        responses.total
    from responses
    inner join order_products on responses.order_key = order_products.order_key
    where order_products.product is not null
    union all
    select
        metric_variant,
        'agent' as segment_name,
        agent as segment_value,
        business_date,
        positives,
        negatives,
        total
    from responses
    where agent is not null

),

placed as (

    select
        grouped.*,
        'month' as grain,
        cast(date_trunc('month', cast(business_date as timestamp)) as date) as period_start,
        cast(date_trunc('month', cast(business_date as timestamp)) + interval '1 month' as date) as period_end
    from grouped
    union all
    select
        grouped.*,
        'all_time' as grain,
        min(business_date) over (partition by metric_variant, segment_name, segment_value) as period_start,
        {{ as_of_date() }} + 1 as period_end
    from grouped

),

counted as (

    select
        metric_variant,
        grain,
        segment_name,
        segment_value,
        period_start,
        period_end,
        count(*) as n,
        sum(positives) as positives,
        sum(negatives) as negatives,
        sum(total) as total,
        sum(total * total) as total_of_squares
    from placed
    group by metric_variant, grain, segment_name, segment_value, period_start, period_end

)

select * from counted
