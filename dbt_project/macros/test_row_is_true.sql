{#- Rows for which a condition is false. Unknown passes, as in a check constraint. -#}
{% test row_is_true(model, condition) %}
    select * from {{ model }} where not ({{ condition }})
{% endtest %}
