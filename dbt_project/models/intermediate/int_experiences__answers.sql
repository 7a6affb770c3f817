with

responses as (

    select * from {{ ref('int_survey_responses__joined') }}

),

numbered as (

    select
        customer_key,
        metric,
        responded_at,
        business_date,
        outcome,
        row_number() over (
            partition by customer_key, metric order by responded_at, response_key
        ) as answer_number_of_customer
    from responses
    where customer_key is not null and outcome is not null

)

select * from numbered
