{#- Bands of a seed after which the next does not begin where they end: a value would be in none or in two. -#}
{% test bands_adjoin(model, measure) %}
    with

    ordered as (

        select
            band,
            {{ measure }}_to as ends,
            lead({{ measure }}_from) over (order by {{ measure }}_from nulls first) as next_begins
        from {{ model }}

    )

    select * from ordered where ends is distinct from next_begins
{% endtest %}
