{#- An e-mail address as it is compared: trimmed, lower case, null if blank. -#}
{% macro normal_email(address) -%}
    nullif(lower(trim({{ address }})), '')
{%- endmacro %}

{% macro has_tag(tags, tag) -%}
    {{ return(adapter.dispatch('has_tag', 'cx')(tags, tag)) }}
{%- endmacro %}

{% macro default__has_tag(tags, tag) -%}
    coalesce('{{ tag }}' = any({{ tags }}), false)
{%- endmacro %}

{#- Hexadecimal SHA-256 of a text. -#}
{% macro text_hash(value) -%}
    {{ return(adapter.dispatch('text_hash', 'cx')(value)) }}
{%- endmacro %}

{% macro default__text_hash(value) -%}
    encode(sha256(convert_to({{ value }}, 'UTF8')), 'hex')
{%- endmacro %}

{#- The smallest element of a list; null if it is empty or null. -#}
{% macro smallest(elements) -%}
    {{ return(adapter.dispatch('smallest', 'cx')(elements)) }}
{%- endmacro %}

{% macro default__smallest(elements) -%}
    (select min(element) from unnest({{ elements }}) as elements (element))
{%- endmacro %}

{#- One row per element of a list, in a select list. -#}
{% macro elements(list) -%}
    {{ return(adapter.dispatch('elements', 'cx')(list)) }}
{%- endmacro %}

{% macro default__elements(list) -%}
    unnest({{ list }})
{%- endmacro %}

{#- Whether anything is written in it but blanks and line ends. -#}
{% macro has_text(value) -%}
    {{ return(adapter.dispatch('has_text', 'cx')(value)) }}
{%- endmacro %}

{% macro default__has_text(value) -%}
    {{ value }} ~ '[^[:space:]]'
{%- endmacro %}
