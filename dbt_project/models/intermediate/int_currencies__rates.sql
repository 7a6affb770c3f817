with

exchange_rates as (

    select * from {{ ref('exchange_rates') }}

),

orders as (

    select * from {{ ref('int_orders__unioned') }}

),

-- The currency that sums over several currencies are told in: the one the rates are made for or, without rates, the
-- only one there is. With several currencies and no rates there is none.
reporting as (

    select min(base_currency) as reporting_currency
    from exchange_rates
    having count(*) > 0
    union all
    select min(currency) as reporting_currency
    from orders
    where exclusion_reason is null and not exists (select 1 from exchange_rates)
    having count(distinct currency) = 1

),

ranges as (

    select
        currency,
        base_currency as reporting_currency,
        valid_from,
        lead(valid_from) over (partition by currency order by valid_from) as valid_until,
        rate
    from exchange_rates

),

rates as (

    select
        reporting_currency as currency,
        reporting_currency,
        cast(null as date) as valid_from,
        cast(null as date) as valid_until,
        cast(1 as numeric) as rate
    from reporting
    union all
    select
        currency,
        reporting_currency,
        valid_from,
        valid_until,
        rate
    from ranges

)

select * from rates
