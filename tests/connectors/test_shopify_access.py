"""Shopify: what the app may not see, the version that is served, and what `cx doctor` is told."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cx_etl import doctor
from cx_etl.errors import ConfigError, RetriableError
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.settings import ROOT
from cx_etl.sources import shopify
from raw_state import answer
from sandboxes import Sandbox, serving
from small_shopify import make_lines, order, write_world

NIGHT = date(2026, 11, 20)
GRAPHQL = {"system": "shopify", "path": "graphql"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The awkward shop, all of it older than 60 days but one order."""
    lines = make_lines()
    lines["shopify/orders"] = [
        order(1, datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)),
        order(2, datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC)),
    ]
    return write_world(tmp_path_factory.mktemp("access") / "shop", lines)


@pytest.fixture
def shop(world: Path, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
    monkeypatch.setenv("CX_DATASET", str(world))
    with serving(world) as server:
        server.connect(monkeypatch)
        server.at_end_of(NIGHT)
        yield server


def lack(shop: Sandbox, scope: str) -> None:
    shop.spoil({"system": "shopify", "kind": "access_denied", "value": scope})


def set_options(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    config = (ROOT / "cx.toml").read_text(encoding="utf-8")
    (folder / "cx.toml").write_text(f"{config}\n[options.shopify]\n{text}\n", encoding="utf-8")
    monkeypatch.setenv("CX_CONFIG", str(folder / "cx.toml"))


def require_nothing_written(dsn: str) -> None:
    assert answer(dsn, "select (select count(*) from ops.watermarks) + (select count(*) from raw.quarantine)") == 0


@pytest.mark.parametrize(
    ("stream", "scope", "cost"),
    [
        *((stream, "read_all_orders", "only the last 60 days") for stream in ("orders", "fulfillments", "refunds")),
        ("returns", "read_all_orders", "only the last 60 days of orders would come"),
        ("returns", "read_returns", "no return would come"),
        ("orders", "read_orders", "no order, refund or abandoned checkout"),
        ("abandoned_checkouts", "read_orders", "no order, refund or abandoned checkout"),
        ("fulfillment_orders", "read_merchant_managed_fulfillment_orders", "would be left out"),
        ("fulfillment_orders", "read_third_party_fulfillment_orders", "other companies' warehouses"),
    ],
)
def test_a_scope_that_is_missing_is_named_with_what_it_would_silently_cost(
    shop: Sandbox, warehouse: str, stream: str, scope: str, cost: str
) -> None:
    """Older orders and fulfillment orders are left out by the vendor without any error."""
    lack(shop, scope)
    with pytest.raises(ConfigError, match=f"the app lacks {scope}: .*{cost}"):
        extract("shopify", stream, NIGHT)
    require_nothing_written(warehouse)


@pytest.mark.parametrize(
    ("stream", "scope"),
    [("customers", "read_customers"), ("fulfillments", "read_fulfillments"), ("refunds", "read_orders")],
)
def test_a_refusal_that_comes_as_200_names_the_scope(shop: Sandbox, warehouse: str, stream: str, scope: str) -> None:
    lack(shop, scope)
    with pytest.raises(ConfigError, match=f"Access denied for .*{scope}.*\n.*next: grant the app `{scope}`"):
        extract("shopify", stream, NIGHT)
    require_nothing_written(warehouse)


@pytest.mark.parametrize("stream", ["orders", "customers", "abandoned_checkouts"])
def test_personal_fields_that_are_not_approved_do_not_arrive_as_nothing(
    shop: Sandbox, warehouse: str, stream: str
) -> None:
    lack(shop, "protected_customer_data")
    with pytest.raises(ConfigError, match=r"is not approved[\s\S]*request protected customer data access"):
        extract("shopify", stream, NIGHT)
    require_nothing_written(warehouse)


def test_a_scope_that_is_knowingly_missing_is_no_error(
    shop: Sandbox, warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lack(shop, "read_all_orders")
    set_options(monkeypatch, tmp_path, 'without_scopes = ["read_all_orders"]')
    assert extract("shopify", "orders", NIGHT).records == 2
    assert load("shopify", "orders", NIGHT).new == 2
    assert answer(warehouse, "select min(name) from raw.shopify__orders") == "#2"


def test_a_version_that_was_not_asked_for_is_not_taken(
    shop: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that has ended is answered by a later one, with a header to say so."""
    monkeypatch.setattr("sandbox.shopify.VERSION", "2027-10")
    for stream in shopify.STREAMS:
        with pytest.raises(ConfigError, match="shopify served API version 2027-10, asked was 2026-10"):
            extract("shopify", stream.name, NIGHT)
    require_nothing_written(warehouse)


def test_a_query_that_costs_too_much_says_what_to_lower(
    shop: Sandbox, warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_options(monkeypatch, tmp_path, "orders_per_page = 1200")
    with pytest.raises(ConfigError, match=r"exceeds the single query max cost[\s\S]*orders_per_page"):
        extract("shopify", "refunds", NIGHT)
    require_nothing_written(warehouse)


def test_an_error_of_the_vendors_own_that_comes_as_200_is_asked_again(shop: Sandbox, warehouse: str) -> None:
    body = {"errors": [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}], "data": None}
    fault = {**GRAPHQL, "kind": "status", "status": 200, "body": body}
    shop.spoil({**fault, "times": 2})
    assert extract("shopify", "customers", NIGHT).calls == 4 + 2
    shop.heal()
    shop.spoil({**fault, "times": 3})
    with pytest.raises(RetriableError, match="shopify: Internal error"):
        extract("shopify", "refunds", NIGHT)
    require_nothing_written(warehouse)


def test_a_throttled_query_is_waited_for_longer_than_there_are_attempts(shop: Sandbox, warehouse: str) -> None:
    shop.spoil({**GRAPHQL, "kind": "throttled", "times": 4})
    assert extract("shopify", "customers", NIGHT).records == 9
    assert shop.struck() == 4


def findings() -> dict[str, doctor.Finding]:
    return {finding.question: finding for finding in doctor.examine(("shopify",)) if finding.subject == "shopify"}


def test_the_doctor_is_told_what_is_good(shop: Sandbox, warehouse: str) -> None:
    found = findings()
    assert found["credentials and version"].answer == "awkward (sandbox.myshopify.com), EUR, API 2026-10"
    assert found["access scopes"].answer.startswith("7 granted: read_orders, read_all_orders")
    assert found["protected customer data"].answer == "protected customer data is shown"
    assert found["quota left"].is_good
    assert all(finding.is_good for finding in found.values())


@pytest.mark.parametrize(
    ("taken", "question", "told"),
    [
        ("read_all_orders", "access scopes", "lacks read_all_orders: only the last 60 days of orders"),
        ("read_fulfillments", "access scopes", "lacks read_fulfillments: no shipment"),
        ("read_third_party_fulfillment_orders", "access scopes", "other companies' warehouses would be left out"),
        ("protected_customer_data", "protected customer data", "request protected customer data access"),
        ("read_customers", "protected customer data", "grant the app `read_customers`"),
    ],
)
def test_the_doctor_is_told_what_is_missing(
    shop: Sandbox, warehouse: str, taken: str, question: str, told: str
) -> None:
    lack(shop, taken)
    finding = findings()[question]
    assert not finding.is_good
    assert told in finding.answer


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "status", "status": 401, "body": {"errors": "[API] Invalid API key"}}, "Invalid API key"),
        ({"kind": "throttled"}, "Throttled"),
    ],
)
def test_the_doctor_asks_nothing_more_of_a_connection_that_does_not_answer(
    shop: Sandbox, warehouse: str, fault: dict[str, Any], told: str
) -> None:
    shop.spoil({**GRAPHQL, **fault})
    found = findings()
    assert told in found["credentials and version"].answer
    assert "access scopes" not in found
