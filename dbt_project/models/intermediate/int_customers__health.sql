with

points as (

    select * from {{ ref('int_customers__health_components') }}

),

weights as (

    select * from {{ ref('health_components') }}

),

-- A component of which nothing is known weighs nothing; the others share its weight in proportion to theirs.
scored as (

    select
        points.customer_key,
        cast(sum(points.points * weights.weight) / sum(weights.weight) as numeric(20, 6)) as health_score,
        sum(weights.weight) as weight_known,
        count(*) as components_known,
        max(points.points) filter (where points.component = 'recency') as recency_points,
        max(points.points) filter (where points.component = 'frequency') as frequency_points,
        max(points.points) filter (where points.component = 'monetary') as monetary_points,
        max(points.points) filter (where points.component = 'alive') as alive_points,
        max(points.points) filter (where points.component = 'satisfaction') as satisfaction_points,
        max(points.points) filter (where points.component = 'support') as support_points,
        max(points.points) filter (where points.component = 'delivery') as delivery_points
    from points
    inner join weights on points.component = weights.component
    group by points.customer_key

)

select * from scored
