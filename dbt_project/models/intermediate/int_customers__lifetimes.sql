with

lifetimes as (

    select * from {{ source('inference', 'customer_lifetimes') }}

),

parameters as (

    select * from {{ source('inference', 'lifetime_parameters') }}

),

fits as (

    select
        max(status) filter (where model = 'bg_nbd') as orders_status,
        max(reason) filter (where model = 'bg_nbd') as orders_reason,
        max(status) filter (where model = 'gamma_gamma') as values_status,
        max(reason) filter (where model = 'gamma_gamma') as values_reason
    from parameters
    where not is_month_start

),

-- Why a figure is missing: the model of the orders speaks first, as without it that of their values predicts nothing.
final as (

    select
        lifetimes.*,
        case when fits.orders_status = 'fitted' then fits.values_status else fits.orders_status end as status,
        case when fits.orders_status = 'fitted' then fits.values_reason else fits.orders_reason end as reason
    from lifetimes
    cross join fits

)

select * from final
