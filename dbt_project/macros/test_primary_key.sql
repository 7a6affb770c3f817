{#- Values of a column that occur more than once, or null: `unique` and `not_null` in one reading of the table. -#}
{% test primary_key(model, column_name) %}
    select {{ column_name }}
    from {{ model }}
    group by {{ column_name }}
    having count(*) > 1 or {{ column_name }} is null
{% endtest %}
