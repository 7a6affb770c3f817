{#-
    A table that every build makes anew: dbt's own `table` in one statement instead of seven. Nobody reads it while it
    is made, so there is nothing to put beside it and rename. It can be made again at any time and needs no write-ahead
    log; a new table has no statistics, and without them the planner guesses nested loops.
-#}
{% materialization rebuilt, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks) }}
    {% call statement('main') %}
        {{ cx.planned_for_joins() }};
        drop table if exists {{ target_relation }} cascade;
        create unlogged table {{ target_relation }} as (
            {{ sql }}
        );
        analyze {{ target_relation }}
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- Keys are made of several columns, of whose combination the planner has no statistics: it guesses few rows, and a
    nested loop over all of them takes minutes where a hash join takes a second. -#}
{% macro planned_for_joins() -%}
    set local enable_nestloop = off; set local jit = off
{%- endmacro %}
