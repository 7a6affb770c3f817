with

terms as (

    select * from {{ ref('int_subscriptions__terms') }}

),

begins_and_ends as (

    select customer_key, from_month as month, 1 as terms, monthly_amount as amount
    from terms
    where until_month is null or until_month > from_month
    union all
    select customer_key, until_month as month, -1 as terms, -monthly_amount as amount
    from terms
    where until_month > from_month

),

changes as (

    select
        customer_key,
        month,
        sum(terms) as terms,
        sum(amount) as amount
    from begins_and_ends
    group by customer_key, month

),

balances as (

    select
        customer_key,
        month,
        lead(month) over customer_months as until_month,
        sum(terms) over customer_months as terms,
        sum(amount) over customer_months as amount,
        sum(terms) over customer_months - terms as previous_terms,
        sum(amount) over customer_months - amount as previous_amount
    from changes
    window customer_months as (partition by customer_key order by month)

)

select * from balances
