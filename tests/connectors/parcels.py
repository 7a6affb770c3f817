"""Shiprocket's records in the making, and what a test asks of a night."""

from datetime import UTC, date, datetime
from typing import Any

import psycopg
from own_world import at

from cx_etl import landing
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.sources import shiprocket
from cx_etl.sources.base import Request, Window
from sandbox.records import shiprocket as records

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)


def bring_in(stream: str, night: date = NIGHT) -> Any:
    extract("shiprocket", stream, night)
    return load("shiprocket", stream, night)


def column(dsn: str, sql: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return [row[0] for row in connection.execute(sql).fetchall()]


def asked(stream: str, night: date = NIGHT) -> list[Request]:
    """Every request that the night's run sent, in no particular order."""
    (run,) = landing.runs("shiprocket", stream, night)
    return [request for step in run.steps() for request in step.next]


def order_record(number: int, created: datetime, status: str = "NEW", awb: str = "") -> dict[str, Any]:
    part = records.order_shipment(number=number, awb=awb, courier="", etd=None, delivered=None, rto=None)
    return records.order(
        number=number, reference=f"#{number}", status=status, created=created, placed=created, name="Asha", email=None,
        cents=1000, is_cod=False, products=[], shipments=[part], activities=[],
    )  # fmt: skip


def shipment_record(number: int, created: datetime, status: str = "NEW", awb: str = "") -> dict[str, Any]:
    return records.shipment(
        number=number, order=number, awb=awb, status=status, created=created, is_cod=False, products=[]
    )


def tracking_record(awb: str, moment: datetime, status: str) -> dict[str, Any]:
    return records.tracking(
        awb=awb, shipment=1, order=1, courier="Delhivery", scans=[records.activity(moment, status, "Pune")],
        picked=moment, delivered=None, promised=None, status=status, city="Pune",
    )  # fmt: skip


def first_requests(stream: str, start: str, end: str) -> tuple[Request, ...]:
    return shiprocket.SOURCE.stream(stream).start(Window(at(start), at(end)))
