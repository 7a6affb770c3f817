{#- Squared standard errors for the test of a change. A few answers that agree have a plain error of 0, and every change
    would look significant: the error of the adjusted counts stands in where it is larger. -#}

{#- Of a net score, in points squared. -#}
{% macro squared_error_of_net_score(promoters, detractors, n) -%}
    greatest(
        {{ net_score_variance(promoters, detractors, n) }},
        {{ net_score_variance("(" ~ promoters ~ " + 0.75)", "(" ~ detractors ~ " + 0.75)", "(" ~ n ~ " + 3)") }}
    )
{%- endmacro %}

{% macro net_score_variance(promoters, detractors, n) -%}
    {%- set m = "cast(" ~ n ~ " as double precision)" -%}
    10000 * (
        ({{ promoters }} + {{ detractors }}) / {{ m }} - power(({{ promoters }} - {{ detractors }}) / {{ m }}, 2)
    ) / {{ m }}
{%- endmacro %}

{#- Of a share, in percent squared: two hits and two misses more are the adjusted counts (Agresti and Coull). -#}
{% macro squared_error_of_share(hits, n) -%}
    greatest({{ share_variance(hits, n) }}, {{ share_variance("(" ~ hits ~ " + 2)", "(" ~ n ~ " + 4)") }})
{%- endmacro %}

{% macro share_variance(hits, n) -%}
    {%- set m = "cast(" ~ n ~ " as double precision)" -%}
    10000 * {{ hits }} / {{ m }} * (1 - {{ hits }} / {{ m }}) / {{ m }}
{%- endmacro %}

{#- Of a mean, in its own unit squared; null for a single observation. -#}
{% macro squared_error_of_mean(total, total_of_squares, n) -%}
    cast(
        greatest({{ total_of_squares }} - {{ total }} * {{ total }} / {{ n }}, 0) / nullif({{ n }} - 1, 0) / {{ n }}
        as double precision
    )
{%- endmacro %}
