"""WooCommerce's records in the making, and what a test asks of a night."""

from datetime import UTC, date, datetime
from typing import Any

import psycopg
from own_world import Lines, at, line

from cx_etl.extract import extract
from cx_etl.load import load
from sandbox.records.woocommerce import address, customer, order, refund

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)


def bring_in(stream: str, night: date = NIGHT) -> Any:
    extract("woocommerce", stream, night)
    return load("woocommerce", stream, night)


def column(dsn: str, sql: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return [row[0] for row in connection.execute(sql).fetchall()]


def order_record(number: int, modified: datetime, status: str = "completed", **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        **{"created": at("2026-10-01 08:00"), "paid": None, "completed": None, "customer": 0},
        **{"billing": address(email=""), "shipping": address(), "lines": [], "discount_cents": 0, "shipping_cents": 0},
    }
    return order(number=number, status=status, modified=modified, **{**fields, **more})


def refund_record(number: int, of: int, created: datetime) -> dict[str, Any]:
    return refund(number=number, order=of, created=created, cents=500, reason="", refunded_by=1)


def customer_record(number: int, modified: datetime, name: str = "Ana Sá") -> dict[str, Any]:
    return customer(
        number=number, created=at("2026-10-01 08:00"), modified=modified, email=f"{number}@example.com", name=name,
        billing=address(email=""), is_paying=True,
    )  # fmt: skip


def people(count: int) -> Lines:
    return [
        line(at("2026-11-01 08:00"), customer_record(number, at("2026-11-01 08:00"))) for number in range(1, count + 1)
    ]
