{#- Interval bounds of METRICS, at 95 %. Arguments are SQL expressions of counts; results are null when n is 0.
    Computed in double precision from whole counts, so equal counts give equal bounds, and rounded to six places. -#}

{#- Bound of the Wilson interval of a share, as a fraction of one or, with scale 100, in percent. `sign` is '-' or '+'. -#}
{% macro wilson(hits, n, sign, scale=1) -%}
    {%- set x = "cast(" ~ hits ~ " as double precision)" -%}
    {%- set m = "cast(nullif(" ~ n ~ ", 0) as double precision)" -%}
    {%- set z2 = 1.959964 * 1.959964 -%}
    cast({{ scale }} * (
        {{ x }} / {{ m }} + {{ z2 }} / (2 * {{ m }})
        {{ sign }} 1.959964 * sqrt(greatest(
            {{ x }} / {{ m }} * (1 - {{ x }} / {{ m }}) / {{ m }} + {{ z2 }} / (4 * {{ m }} * {{ m }}), 0
        ))
    ) / (1 + {{ z2 }} / {{ m }}) as numeric(20, 6))
{%- endmacro %}

{#- Net promoter score in points. -#}
{% macro net_score(promoters, detractors, n) -%}
    cast(
        100 * cast({{ promoters }} - {{ detractors }} as double precision) / nullif({{ n }}, 0)
        as numeric(20, 6)
    )
{%- endmacro %}

{#- Bound of the adjusted Wald interval of a net score, in points: three more answers, one of each kind less a quarter. -#}
{% macro adjusted_wald(promoters, detractors, n, sign) -%}
    {%- set m = "(cast(nullif(" ~ n ~ ", 0) as double precision) + 3)" -%}
    {%- set p = "((" ~ promoters ~ " + 0.75) / " ~ m ~ ")" -%}
    {%- set d = "((" ~ detractors ~ " + 0.75) / " ~ m ~ ")" -%}
    cast(
        100 * (
            {{ p }} - {{ d }}
            {{ sign }} 1.959964 * sqrt(({{ p }} + {{ d }} - ({{ p }} - {{ d }}) * ({{ p }} - {{ d }})) / {{ m }})
        )
        as numeric(20, 6)
    )
{%- endmacro %}

{#- Bound of the normal interval of a mean, by the sums of a measure and of its squares; null for fewer than two. -#}
{% macro mean_bound(relation, measure, n, sign) -%}
    {%- set total = relation ~ '.' ~ measure ~ '_sum' -%}
    {%- set squares = relation ~ '.' ~ measure ~ '_squares' -%}
    {%- set m = 'nullif(' ~ relation ~ '.' ~ n ~ ', 0)' -%}
    cast(
        {{ total }} / {{ m }}
        {{ sign }} 1.959964 * sqrt({{ squared_error_of_mean(total, squares, m) }})
        as numeric(20, 6)
    )
{%- endmacro %}
