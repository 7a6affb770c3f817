with

due_months as (

    select * from {{ ref('int_customers__due_months') }}

),

contacts as (

    select * from {{ ref('int_touchpoints__judged') }}

),

-- Each customer's contacts with the starts of the months among them: one pass finds the contact before each.
timeline as (

    select
        customer_key,
        occurred_at,
        touchpoint_key,
        touchpoint,
        outcome,
        cast(null as text) as churn_rule,
        cast(null as date) as month,
        cast(null as boolean) as is_lost
    from contacts
    union all
    select
        customer_key,
        {{ local_midnight('month') }} as occurred_at,
        cast(null as text) as touchpoint_key,
        cast(null as text) as touchpoint,
        cast(null as text) as outcome,
        churn_rule,
        month,
        is_lost
    from due_months

),

-- A contact in the very instant in which the month begins belongs to the month, not before it.
numbered as (

    select
        *,
        count(touchpoint_key) over (
            partition by customer_key
            order by occurred_at asc, case when touchpoint_key is null then 0 else 1 end asc, touchpoint_key asc
            rows between unbounded preceding and current row
        ) as contact_number
    from timeline

),

-- One contact has each number, and the months that begin before the next one have it too.
carried as (

    select
        churn_rule,
        month,
        customer_key,
        is_lost,
        max(touchpoint_key) over same_contact as touchpoint_key,
        max(touchpoint) over same_contact as touchpoint,
        max(outcome) over same_contact as outcome
    from numbered
    window same_contact as (partition by customer_key, contact_number)

),

final as (

    select * from carried
    where churn_rule is not null

)

select * from final
