{#-
    A mart whose rows are versions, so that publishing is one row and never a lock.

    marts_versions.<mart>  business columns, _valid_from, _valid_to (open versions have the largest bigint)
    audit.<mart>           the candidate: what the newest build says. The model's own relation, so ref() and tests see it
    marts.<mart>           what the current publication says. Made once; replaced only to append a new column

    Before: var build_id is the newest row of ops.builds, and no other build runs.
    After, in one transaction: versions left by builds that were never published are undone, rows that are new or
    changed are open versions from this build on, rows that changed or vanished are closed at this build, and
    ops.build_marts counts both against the newest publication. Building the same id again gives the same state.
-#}
{% materialization versioned, adapter='postgres' %}
    {%- set mart = this.identifier -%}
    {%- set columns = cx.versioned_columns(mart) -%}
    {%- set keys = cx.versioned_keys(mart, columns) -%}
    {%- set versions = api.Relation.create(database=database, schema='marts_versions', identifier=mart, type='table') -%}
    {%- set published = api.Relation.create(database=database, schema='marts', identifier=mart, type='view') -%}
    {%- set target_relation = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks) }}
    {% do cx.versioned_check_build(mart) %}
    {{ get_assert_columns_equivalent(sql) }}
    {% if should_full_refresh() %}
        {% do cx.versioned_drop(versions, target_relation, published) %}
    {% endif %}

    {% do cx.versioned_load_candidate(mart, columns, sql) %}
    {% do cx.versioned_check_keys(mart, keys) %}
    {% do cx.versioned_prepare_table(mart, versions, columns, keys, target_relation, published) %}
    {% do cx.versioned_apply(mart, versions, columns, keys) %}
    {% do cx.versioned_describe(published, columns) %}

    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- The largest bigint: a version that no build has closed. -#}
{% macro open_end() -%}9223372036854775807{%- endmacro %}


{#- The business columns as the contract declares them: name, data type, description, pii. -#}
{% macro versioned_columns(mart) %}
    {% if not config.get('contract').enforced %}
        {% do exceptions.raise_compiler_error("mart " ~ mart ~ ": a versioned model needs an enforced contract") %}
    {% endif %}
    {% set columns = [] %}
    {% for column in model.columns.values() %}
        {% set meta = column.get('config', {}).get('meta', {}) or column.get('meta', {}) %}
        {% do columns.append({
            'name': adapter.quote(column.name), 'plain': column.name, 'type': column.data_type,
            'description': column.description, 'pii': meta.get('pii', false),
        }) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{% macro versioned_keys(mart, columns) %}
    {% set configured = config.get('unique_key') %}
    {% set configured = [configured] if configured is string else configured %}
    {% if not configured %}
        {% do exceptions.raise_compiler_error("mart " ~ mart ~ ": set unique_key to the columns of its grain") %}
    {% endif %}
    {% set unknown = configured | reject('in', columns | map(attribute='plain') | list) | list %}
    {% if unknown %}
        {% do exceptions.raise_compiler_error("mart " ~ mart ~ ": unique_key names no column: " ~ unknown | join(', ')) %}
    {% endif %}
    {% set keys = [] %}
    {% for key in configured %}{% do keys.append(adapter.quote(key)) %}{% endfor %}
    {{ return(keys) }}
{% endmacro %}


{#- Versions carry the build's id; one that readers could already see, or an older one, must never be rewritten. -#}
{% macro versioned_check_build(mart) %}
    {% set row = run_query(
        "select (select max(build_id) from ops.builds), (select max(publication_id) from ops.publications)"
    ).rows[0] %}
    {% set build_id = var('build_id') | int %}
    {% if build_id <= 0 or row[0] is none or row[0] | int != build_id %}
        {% do exceptions.raise_compiler_error(
            "mart " ~ mart ~ ": build_id " ~ build_id ~ " is not the newest build of ops.builds (" ~ row[0]
            ~ "); run the models with `cx build`"
        ) %}
    {% elif row[1] is not none and row[1] | int >= build_id %}
        {% do exceptions.raise_compiler_error(
            "mart " ~ mart ~ ": build " ~ build_id ~ " is not newer than publication " ~ row[1]
            ~ "; start a new build"
        ) %}
    {% endif %}
{% endmacro %}


{% macro versioned_load_candidate(mart, columns, sql) %}
    {% call statement('main') %}
        {{ cx.planned_for_joins() }};
        create temporary table {{ adapter.quote(mart ~ '__candidate') }} (
            {% for column in columns %}{{ column.name }} {{ column.type }}{{ ',' if not loop.last }}{% endfor %}
        ) on commit drop;
        insert into {{ adapter.quote(mart ~ '__candidate') }}
        select {{ columns | map(attribute='name') | join(', ') }}
        from (
            {{ sql }}
        ) as model_select;
        analyze {{ adapter.quote(mart ~ '__candidate') }}
    {% endcall %}
{% endmacro %}


{#- A key must name exactly one row; otherwise which version is open would depend on the order of rows. -#}
{% macro versioned_check_keys(mart, keys) %}
    {% set found = run_query(
        "select " ~ keys | join(', ') ~ ", count(*) from " ~ adapter.quote(mart ~ '__candidate')
        ~ " group by " ~ keys | join(', ')
        ~ " having count(*) > 1 or num_nulls(" ~ keys | join(', ') ~ ") > 0"
        ~ " order by num_nulls(" ~ keys | join(', ') ~ ") desc limit 1"
    ) %}
    {% if found.rows | length %}
        {% set values = [] %}
        {% for key in keys %}{% do values.append(key ~ '=' ~ found.rows[0][loop.index0]) %}{% endfor %}
        {% set problem = "null key" if none in found.rows[0].values() | list else "duplicate key" %}
        {% do exceptions.raise_compiler_error(
            "mart " ~ mart ~ ": " ~ problem ~ " " ~ values | join(', ') ~ " (" ~ found.rows[0][keys | length] ~ " rows)"
        ) %}
    {% endif %}
{% endmacro %}


{#- Makes the table and both views, or appends the columns that the contract gained. -#}
{% macro versioned_prepare_table(mart, versions, columns, keys, audit, published) %}
    {% set existing = cx.versioned_column_types(versions.schema, versions.identifier) %}
    {% if not existing %}
        {% do cx.versioned_create(versions, columns, keys) %}
        {% do cx.versioned_create_views(versions, columns | map(attribute='name') | list, audit, published) %}
        {{ return('') }}
    {% endif %}
    {% do cx.versioned_refuse_breaking_change(mart, existing) %}
    {% set added = columns | rejectattr('plain', 'in', existing) | list %}
    {% if added %}
        {% call statement('versioned_add_columns') %}
            {% for column in added %}alter table {{ versions }} add column {{ column.name }} {{ column.type }};{% endfor %}
        {% endcall %}
        {% set names = [] %}
        {% for name in existing %}{% do names.append(adapter.quote(name)) %}{% endfor %}
        {% do cx.versioned_create_views(versions, names + added | map(attribute='name') | list, audit, published) %}
    {% endif %}
{% endmacro %}


{#- Name and type of every business column of a relation, in its own order; empty if there is no such relation. -#}
{% macro versioned_column_types(schema_name, relation_name) %}
    {% set table = run_query(
        "select attname, format_type(atttypid, atttypmod) from pg_catalog.pg_attribute"
        ~ " where attrelid = to_regclass('" ~ schema_name ~ "." ~ adapter.quote(relation_name) ~ "')"
        ~ " and attnum > 0 and not attisdropped and attname not in ('_valid_from', '_valid_to') order by attnum"
    ) %}
    {% set types = {} %}
    {% for row in table.rows %}{% do types.update({row[0]: row[1]}) %}{% endfor %}
    {{ return(types) }}
{% endmacro %}


{#- Readers hang on the columns: one that goes or changes its type needs a decision, not a build. -#}
{% macro versioned_refuse_breaking_change(mart, existing) %}
    {% set declared = cx.versioned_column_types('pg_temp', mart ~ '__candidate') %}
    {% for name, data_type in existing.items() %}
        {% if declared.get(name) != data_type %}
            {% do exceptions.raise_compiler_error(
                "mart " ~ mart ~ ": column " ~ name ~ " was " ~ data_type ~ " and is now "
                ~ declared.get(name, 'gone') ~ "; to break readers knowingly, build with --full-refresh"
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{% macro versioned_create(versions, columns, keys) %}
    {% call statement('versioned_create') %}
        create table {{ versions }} (
            {% for column in columns %}{{ column.name }} {{ column.type }},
            {% endfor %}
            _valid_from bigint not null,
            _valid_to bigint not null
        );
        create unique index on {{ versions }} ({{ keys | join(', ') }}) where _valid_to = {{ cx.open_end() }}
    {% endcall %}
{% endmacro %}


{#- _publication_id stands where it stood at first: a replaced view may only gain columns at its end. -#}
{% macro versioned_create_views(versions, names, audit, published) %}
    {% set newest = "(select max(build_id) from ops.builds)" %}
    {% set current = "(select publication_id from ops.current_publication)" %}
    {% set before = cx.versioned_column_types(published.schema, published.identifier).keys() | list %}
    {% set at = before.index('_publication_id') if '_publication_id' in before else names | length %}
    {% set public = names[:at] + [current ~ " as _publication_id"] + names[at:] %}
    {% call statement('versioned_create_views') %}
        create or replace view {{ audit }} as
        select {{ names | join(', ') }} from {{ versions }}
        where _valid_from <= {{ newest }} and _valid_to > {{ newest }};
        create or replace view {{ published }} as
        select {{ public | join(', ') }} from {{ versions }}
        where _valid_from <= {{ current }} and _valid_to > {{ current }}
    {% endcall %}
{% endmacro %}


{#- Undo what no publication ever showed, close what changed or vanished, open what is new or changed, count both. -#}
{% macro versioned_apply(mart, versions, columns, keys) %}
    {% set candidate = adapter.quote(mart ~ '__candidate') %}
    {% set build_id = var('build_id') | int %}
    {% set last_published = "(select coalesce(max(publication_id), 0) from ops.publications)" %}
    {% call statement('versioned_undo') %}
        delete from {{ versions }} where _valid_from > {{ last_published }};
        update {{ versions }} set _valid_to = {{ cx.open_end() }}
        where _valid_to > {{ last_published }} and _valid_to < {{ cx.open_end() }};
        analyze {{ versions }}
    {% endcall %}
    {% call statement('versioned_close') %}
        update {{ versions }} as version set _valid_to = {{ build_id }}
        where version._valid_to = {{ cx.open_end() }} and not exists (
            select from {{ candidate }} as candidate
            where {% for key in keys %}candidate.{{ key }} = version.{{ key }} and {% endfor %}
            {% for column in columns %}
            candidate.{{ column.name }} is not distinct from version.{{ column.name }}{{ ' and' if not loop.last }}
            {% endfor %}
        )
    {% endcall %}
    {% call statement('versioned_open') %}
        insert into {{ versions }} ({{ columns | map(attribute='name') | join(', ') }}, _valid_from, _valid_to)
        select candidate.*, {{ build_id }}, {{ cx.open_end() }} from {{ candidate }} as candidate
        where not exists (
            select from {{ versions }} as version
            where version._valid_to = {{ cx.open_end() }}
            {% for key in keys %}and version.{{ key }} = candidate.{{ key }} {% endfor %}
        )
    {% endcall %}
    {% call statement('versioned_record') %}
        insert into ops.build_marts (build_id, mart, rows_total, versions_opened, versions_closed)
        select {{ build_id }}, '{{ mart }}', count(*),
            {{ load_result('versioned_open')['response'].rows_affected }},
            {{ load_result('versioned_close')['response'].rows_affected }}
        from {{ candidate }}
        on conflict (build_id, mart) do update set rows_total = excluded.rows_total,
            versions_opened = excluded.versions_opened, versions_closed = excluded.versions_closed
    {% endcall %}
    {% call statement('versioned_analyze') %}analyze {{ versions }}{% endcall %}
{% endmacro %}


{#- Comments and grants of the published view: cx_bi reads every column that is not personal, cx_pii all.
    Where an administrator keeps the roles, one that is missing gets no grant. -#}
{% macro versioned_describe(published, columns) %}
    {% set readable = columns | rejectattr('pii') | map(attribute='name') | list + ['_publication_id'] %}
    {% set roles = run_query(
        "select rolname from pg_catalog.pg_roles where rolname in ('cx_bi', 'cx_pii')"
    ).columns[0].values() %}
    {% call statement('versioned_describe') %}
        comment on view {{ published }} is {{ cx.quoted(model.description) }};
        {% for column in columns %}
        comment on column {{ published }}.{{ column.name }} is {{ cx.quoted(column.description) }};
        {% endfor %}
        comment on column {{ published }}._publication_id is 'Publication that these rows belong to';
        {% if 'cx_bi' in roles %}
        revoke all on {{ published }} from cx_bi;
        grant select ({{ readable | join(', ') }}) on {{ published }} to cx_bi;
        {% endif %}
        {% if 'cx_pii' in roles %}
        grant select on {{ published }} to cx_pii;
        {% endif %}
    {% endcall %}
{% endmacro %}


{% macro quoted(text) -%}
    '{{ (text or '') | replace("'", "''") }}'
{%- endmacro %}


{% macro versioned_drop(versions, audit, published) %}
    {% call statement('versioned_drop') %}
        drop view if exists {{ published }};
        drop view if exists {{ audit }};
        drop table if exists {{ versions }}
    {% endcall %}
{% endmacro %}
