"""The staging models of WooCommerce and Shiprocket over what their connectors bring in."""

from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from cx_etl import dbt_runner
from cx_etl.nightly import extract_all, load_all
from cx_etl.settings import load_settings
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)


@pytest.fixture
def built(sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """The rows of each model; its own tests have passed."""
    from dbt.cli.main import dbtRunner
    from psycopg.rows import dict_row

    monkeypatch.setattr("cx_etl.sources.shiprocket_lists.FIRST_DAY", date(2026, 7, 20))
    list(extract_all(NIGHT, ("woocommerce", "shiprocket")))
    list(load_all(NIGHT, ("woocommerce", "shiprocket")))
    settings = load_settings()
    # Tests that read other models too are not asked.
    select = ("--select", "staging.woocommerce", "staging.shiprocket", "--indirect-selection", "cautious")
    with dbt_runner.variables_set(dbt_runner.dbt_environment(settings)):
        outcome = dbtRunner().invoke(["build", *dbt_runner.dbt_arguments(settings), *select])
    assert outcome.success, outcome.exception
    names = [each.node.name for each in outcome.result.results if each.node.resource_type == "model"]
    with psycopg.connect(warehouse, row_factory=dict_row) as connection:
        return {name: connection.execute(f"select * from staging.{name}").fetchall() for name in names}


def test_models_hold_what_the_vendors_said(sandbox: Sandbox, built: dict[str, list[dict[str, Any]]]) -> None:
    assert len(built) == 13
    assert all(built.values()), {name: len(rows) for name, rows in built.items()}
    orders = sandbox.records("woocommerce/orders", NOW)
    assert len(built["stg_woocommerce__orders"]) == len(orders)
    for row in built["stg_woocommerce__orders"]:
        said = orders[row["order_id"]]
        assert row["is_deleted"] == (said["status"] == "trash")
        assert row["email"] == (said["billing"]["email"].strip().lower() or None)
        goods = sum(round(float(line["total"]) * 100) for line in said["line_items"])
        assert row["subtotal"] * 100 == goods
        assert (row["woocommerce_customer_key"] is None) == (said["customer_id"] == 0)
    keys = {row["order_key"] for row in built["stg_woocommerce__orders"]}
    for child in ("line_items", "refunds"):
        assert {row["order_key"] for row in built[f"stg_woocommerce__{child}"]} <= keys


def test_a_parcel_joins_its_order_its_shipments_and_its_attempts(built: dict[str, list[dict[str, Any]]]) -> None:
    keys = {row["order_key"] for row in built["stg_shiprocket__orders"]}
    shipments = {row["shipment_key"] for row in built["stg_shiprocket__shipments"]}
    tracked = [row for row in built["stg_shiprocket__tracked_parcels"] if row["is_tracked"]]
    assert {row["order_key"] for row in tracked} <= keys
    for name in ("order_shipments", "non_deliveries", "returns"):
        assert {row["shipment_key"] for row in built[f"stg_shiprocket__{name}"]} <= shipments, name
    parcels = {row["parcel_key"] for row in built["stg_shiprocket__tracked_parcels"]}
    assert {row["parcel_key"] for row in built["stg_shiprocket__tracking_activities"]} <= parcels
    failed = {row["non_delivery_key"] for row in built["stg_shiprocket__non_deliveries"]}
    assert {row["non_delivery_key"] for row in built["stg_shiprocket__delivery_attempts"]} == failed
    arrived = [row for row in tracked if row["status"] == "Delivered"]
    assert arrived
    assert all(row["delivered_at"] > row["shipped_at"] for row in arrived)
