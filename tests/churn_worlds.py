"""Order days as a small world for the churn models: straight into the tables they read, without sources."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import psycopg

from cx_etl import dbt_runner
from cx_etl.inference import lifetimes
from cx_etl.settings import load_settings
from pipelines import Built

# Customer, date, net sales.
Order = tuple[str, date, float]
# Customer, first day, last day, monthly amount, plan.
Term = tuple[str, date, date | None, int, str]
SEEDS = ("churn_rules", "order_value_bands", "tenure_bands")
BEFORE = ("int_customers__order_days",)
AFTER = (
    "int_subscriptions__terms",
    "int_subscriptions__balances",
    "int_subscriptions__segments",
    "int_subscriptions__monthly_changes",
    "int_customers__order_gaps",
    "int_churn__base_gaps",
    "int_churn__first_order_states",
    "int_churn__cadence_states",
    "int_churn__inactivity_states",
    "int_customers__churn_states",
    "int_churn__monthly_changes",
    "int_churn__changes",
    "int_churn__periods",
)


def build(
    warehouse: str,
    orders: Iterable[Order],
    as_of_date: date,
    countries: dict[str, str] | None = None,
    terms: Sequence[Term] = (),
) -> Built:
    """The churn models over the orders and subscriptions, each model's own tests passed."""
    with psycopg.connect(warehouse) as connection:
        _fill(connection, list(orders), countries or {})
        _subscribe(connection, terms)
    _dbt(as_of_date, (*SEEDS, *BEFORE))
    with psycopg.connect(warehouse) as connection:
        lifetimes.run(connection, as_of_date)
    _dbt(as_of_date, AFTER)
    return Built(warehouse)


def _fill(connection: psycopg.Connection, orders: list[Order], countries: dict[str, str]) -> None:
    connection.execute("drop table if exists intermediate.int_orders__joined, intermediate.int_customers__profiles")
    connection.execute(
        "create table intermediate.int_orders__joined"
        " (customer_key text, business_date date, net_sales numeric, is_cancelled boolean)"
    )
    connection.execute("create table intermediate.int_customers__profiles (customer_key text, country text)")
    with connection.cursor() as cursor:
        cursor.executemany("insert into intermediate.int_orders__joined values (%s, %s, %s, false)", orders)
        cursor.executemany("insert into intermediate.int_customers__profiles values (%s, %s)", list(countries.items()))


def _subscribe(connection: psycopg.Connection, terms: Sequence[Term]) -> None:
    connection.execute(
        "drop table if exists staging.stg_billing__subscriptions, staging.stg_billing__subscription_attributes,"
        " intermediate.int_customers__identities"
    )
    connection.execute("create table intermediate.int_customers__identities (identity_key text, customer_key text)")
    connection.execute(
        "create table staging.stg_billing__subscription_attributes"
        " (subscription_key text, attribute_name text, attribute_value text)"
    )
    connection.execute(
        "create table staging.stg_billing__subscriptions (billing_customer_key text, started_on date, ended_on date,"
        " monthly_amount numeric, plan text, currency text default 'EUR', is_deleted boolean default false,"
        " subscription_key text default gen_random_uuid()::text)"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into staging.stg_billing__subscriptions"
            " (billing_customer_key, started_on, ended_on, monthly_amount, plan) values (%s, %s, %s, %s, %s)",
            terms,
        )
    connection.execute(
        "insert into intermediate.int_customers__identities"
        " select distinct billing_customer_key, billing_customer_key from staging.stg_billing__subscriptions"
    )


def _dbt(as_of_date: date, names: Sequence[str]) -> None:
    from dbt.cli.main import dbtRunner

    settings = load_settings()
    values: dict[str, Any] = {"as_of_date": as_of_date.isoformat(), "time_zone": "UTC"}
    arguments = [*dbt_runner.dbt_arguments(settings), "--vars", str(values), "--select", *names]
    with dbt_runner.variables_set(dbt_runner.dbt_environment(settings)):
        outcome = dbtRunner().invoke(["build", *arguments, "--exclude", "test_type:unit"])
    failed = [
        f"{each.node.name}: {each.message}" for each in outcome.result or () if each.status not in ("success", "pass")
    ]
    assert outcome.success, failed or outcome.exception
