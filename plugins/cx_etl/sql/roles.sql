-- Who may do what, after warehouse.sql and as often as wanted. docs/security.md has it as a table.
--   cx_bi       reads the marts without personal columns (column grants, made by the materialization)
--   cx_pii      reads the marts with them
--   cx_publish  makes a checked build current, or an earlier publication again; writes no data
-- They have no password until someone gives them one: `cx up` does for the embedded server. Whoever runs this may lack
-- the right to make roles: then an administrator runs it once, and from then on only what is granted is kept up to date.
do $$
declare
    may_make_roles constant boolean := (
        select rolsuper or rolcreaterole from pg_roles where rolname = current_user
    );
    role text;
begin
    foreach role in array array['cx_bi', 'cx_pii', 'cx_publish'] loop
        if may_make_roles and not exists (select from pg_roles where rolname = role) then
            execute format('create role %I login', role);
        end if;
    end loop;
    if may_make_roles then
        alter role cx_bi connection limit 50;
        alter role cx_bi set default_transaction_read_only = on;
        -- A dashboard that asks too much ends; one that forgot its transaction holds back no vacuum.
        alter role cx_bi set statement_timeout = '5min';
        alter role cx_bi set idle_in_transaction_session_timeout = '5min';
        alter role cx_pii connection limit 10;
        alter role cx_pii set default_transaction_read_only = on;
        alter role cx_pii set statement_timeout = '5min';
        alter role cx_pii set idle_in_transaction_session_timeout = '5min';
        alter role cx_publish connection limit 5;
        alter role cx_publish set statement_timeout = '1min';
        alter role cx_publish set idle_in_transaction_session_timeout = '1min';
    end if;
    foreach role in array array['cx_bi', 'cx_pii'] loop
        if exists (select from pg_roles where rolname = role) then
            execute format('grant usage on schema marts to %I', role);
        end if;
    end loop;
    if exists (select from pg_roles where rolname = 'cx_publish') then
        grant usage on schema ops to cx_publish;
        grant select on ops.builds, ops.gate_results, ops.publications, ops.current_publication to cx_publish;
        grant insert on ops.publications, ops.publication_events, ops.current_publication to cx_publish;
        grant update on ops.current_publication to cx_publish;
    end if;
    -- Whoever may log in could make tables of their own there otherwise, on this database's disk.
    if (select pg_get_userbyid(datdba) = current_user from pg_database where datname = current_database()) then
        execute format('revoke temporary on database %I from public', current_database());
    end if;
end $$;
