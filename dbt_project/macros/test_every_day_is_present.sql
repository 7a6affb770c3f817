{#- Parts of a daily mart that miss a day between the mart's first day and the as-of date, or hold a later one. -#}
{% test every_day_is_present(model, parts) %}
    with

    bounds as (

        select min(business_date) as first_day
        from {{ model }}

    )

    select {{ parts | join(', ') }}
    from {{ model }}
    cross join bounds
    group by {{ parts | join(', ') }}, first_day
    having count(*) <> {{ as_of_date() }} - first_day + 1 or max(business_date) > {{ as_of_date() }}
{% endtest %}
