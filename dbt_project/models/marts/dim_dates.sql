{{ config(unique_key=['business_date']) }}

with

orders as (

    select * from {{ ref('int_orders__joined') }}

),

tickets as (

    select * from {{ ref('int_tickets__joined') }}

),

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

first_days as (

    select min(business_date) as day from orders
    union all
    select min(business_date) as day from tickets
    union all
    select min(business_date) as day from responses

),

bounds as (

    select coalesce(min(day), {{ as_of_date() }}) as first_day
    from first_days

),

calendar as (

    select dates.day
    from bounds
    cross join lateral ({{ days('bounds.first_day', as_of_date()) }}) as dates

),

final as (

    select
        day as business_date,
        cast(date_trunc('week', cast(day as timestamp)) as date) as week_start,
        cast(date_trunc('month', cast(day as timestamp)) as date) as month_start,
        cast(extract(isodow from day) as integer) as iso_weekday,
        cast(extract(year from day) as integer) as calendar_year
    from calendar

)

select * from final
