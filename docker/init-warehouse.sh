#!/bin/bash
# Runs once, on an empty data directory: the databases and their roles. cx_etl makes the readers' roles itself, so
# that it may alter them later; psql quotes names and passwords.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres \
    -v etl="$CX_ETL_PASSWORD" -v bi="$CX_BI_PASSWORD" -v pii="$CX_PII_PASSWORD" -v airflow="$AIRFLOW_DB_PASSWORD" <<'SQL'
create role cx_etl login createrole password :'etl';
create role airflow login password :'airflow';
create database warehouse owner cx_etl;
create database airflow owner airflow;
revoke all on database warehouse, airflow from public;
set role cx_etl;
create role cx_bi login password :'bi';
create role cx_pii login password :'pii';
grant connect on database warehouse to cx_bi, cx_pii;
SQL
