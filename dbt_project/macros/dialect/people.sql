{#- How names and phone numbers are compared. -#}

{#- A name without case, accents, punctuation and form of address; "Khan, Aisha" is "aisha khan". Null if blank. -#}
{% macro normal_name(name) -%}
    {{ return(adapter.dispatch('normal_name', 'cx')(name)) }}
{%- endmacro %}

{% macro default__normal_name(name) -%}
    {%- set turned = "regexp_replace(" ~ name ~ ", '^([^,]+),([^,]+)$', '\\2 \\1')" -%}
    {%- set plain = "regexp_replace(normalize(lower(" ~ turned ~ "), NFKD), U&'[\\0300-\\036f''’]', '', 'g')" -%}
    {%- set words = "trim(regexp_replace(" ~ plain ~ ", '[[:punct:][:space:]]+', ' ', 'g'))" -%}
    nullif(regexp_replace({{ words }}, '^(mr|mrs|ms|miss|dr|sr|sra|herr|frau|mme) (?=.)', ''), '')
{%- endmacro %}

{#- Initial and last word of a normal name of two words or more, else null. -#}
{% macro short_name(normal_name) -%}
    case
        when {{ normal_name }} like '% %'
            then left({{ normal_name }}, 1) || ' ' || regexp_replace({{ normal_name }}, '^.* ', '')
    end
{%- endmacro %}

{#- A phone number as it would be dialled: digits of any script as 0 to 9, 00 as plus, nothing between, no extension. -#}
{% macro dialled_phone(number) -%}
    {{ return(adapter.dispatch('dialled_phone', 'cx')(number)) }}
{%- endmacro %}

{% macro default__dialled_phone(number) -%}
    {%- set latin = "translate(lower(" ~ number ~ "), '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', '01234567890123456789')" -%}
    {%- set said = "regexp_replace(replace(" ~ latin ~ ", '(0)', ''), '(ext|x|#).*$', '')" -%}
    regexp_replace(regexp_replace({{ said }}, '[^0-9+]', '', 'g'), '^00', '+')
{%- endmacro %}

{#-
    A dialled number as in E.164: plus, calling code, number. A national number needs its country's calling code and the
    prefix that is dialled within the country. Null where no full number can be made, or it is mostly one digit.
-#}
{% macro normal_phone(dialled, calling_code, trunk_prefix) -%}
    {{ return(adapter.dispatch('normal_phone', 'cx')(dialled, calling_code, trunk_prefix)) }}
{%- endmacro %}

{% macro default__normal_phone(dialled, calling_code, trunk_prefix) -%}
    {%- set national -%}
        case
            when starts_with({{ dialled }}, {{ trunk_prefix }}) then substr({{ dialled }}, length({{ trunk_prefix }}) + 1)
            else {{ dialled }}
        end
    {%- endset -%}
    substring(
        case
            when {{ dialled }} ~ '0{8}|1{8}|2{8}|3{8}|4{8}|5{8}|6{8}|7{8}|8{8}|9{8}' then null
            when {{ dialled }} like '+%' then {{ dialled }}
            -- The plus was left out: no country's own numbers are that long.
            when length({{ dialled }}) >= 12 and starts_with({{ dialled }}, {{ calling_code }}) then '+' || {{ dialled }}
            -- Shorter ones are a service's or an extension.
            when length({{ national }}) >= 6 then '+' || {{ calling_code }} || {{ national }}
        end
        from '^\+[1-9][0-9]{7,14}$'
    )
{%- endmacro %}

{#- The store's id of a customer, where another system keeps it: Shopify's are long enough to be no other number. -#}
{% macro store_person_id(external_id) -%}
    'shopify:' || substring({{ external_id }} from '^(?:gid://shopify/Customer/)?([0-9]{10,})$')
{%- endmacro %}

{#- What is left of personal values where they are shown as evidence. -#}
{% macro masked_email(email) -%}
    left({{ email }}, 1) || '***@' || split_part({{ email }}, '@', 2)
{%- endmacro %}

{% macro masked_phone(phone) -%}
    left({{ phone }}, 3) || '***' || right({{ phone }}, 2)
{%- endmacro %}

{#-
    A text that people wrote, without the addresses and numbers in it: e-mail addresses, and nine digits of any script or
    more (telephones, cards, accounts), as people space them. A date is neither, and names stay: no rule finds them.
-#}
{% macro masked_text(words) -%}
    {{ return(adapter.dispatch('masked_text', 'cx')(words)) }}
{%- endmacro %}

{% macro default__masked_text(words) -%}
    {%- set digit = '[0-9٠-٩۰-۹०-९੦-੯౦-౯]' -%}
    {%- set date = digit ~ '{4}-' ~ digit ~ '{2}-' ~ digit ~ '{2}' -%}
    {%- set number = '(?<!' ~ digit ~ ')(?!' ~ date ~ ')[+(]{0,2}' ~ digit ~ '(?:[ ().\u00a0\u2011-]{0,2}' ~ digit ~ '){8,}' -%}
    regexp_replace(
        regexp_replace({{ words }}, '[[:alnum:]._%+''-]+@[[:alnum:]-]+(?:\.[[:alnum:]-]+)+', '[e-mail]', 'g'),
        '{{ number }}', '[number]', 'g'
    )
{%- endmacro %}
