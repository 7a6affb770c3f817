with

survey_components as (

    select * from {{ ref('int_metrics__survey_components') }}

),

ticket_components as (

    select * from {{ ref('int_metrics__ticket_components') }}

),

order_components as (

    select * from {{ ref('int_metrics__order_components') }}

),

sales_components as (

    select * from {{ ref('int_metrics__sales_components') }}

),

shipment_components as (

    select * from {{ ref('int_metrics__shipment_components') }}

),

web_components as (

    select * from {{ ref('int_metrics__web_components') }}

),

voice_components as (

    select * from {{ ref('int_metrics__voice_components') }}

),

unioned as (

    select * from survey_components
    union all
    select * from ticket_components
    union all
    select * from order_components
    union all
    select * from sales_components
    union all
    select * from shipment_components
    union all
    select * from web_components
    union all
    select * from voice_components

),

up_to_date as (

    select *
    from unioned
    where business_date <= {{ as_of_date() }}

)

select * from up_to_date
