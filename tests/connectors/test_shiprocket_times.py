"""Shiprocket's five ways to write a time, its ways to say none, and the records that its documentation shows."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from own_world import at
from parcels import NOW, bring_in

from cx_etl.contract import shape_of
from cx_etl.rows import compiled
from cx_etl.settings import ROOT
from cx_etl.sources import shiprocket
from cx_etl.sources.base import Answer, Window
from cx_etl.sources.shiprocket_records import PhpTime, Shipment, ist_time
from cx_etl.sources.shiprocket_tracking import trackings
from raw_state import answer
from sandboxes import Sandbox

INDIA = timedelta(hours=5, minutes=30)
EXAMPLES = ROOT.parent / "shared" / "contracts" / "shiprocket_doc_examples.json"


def test_times_of_every_kind_are_india_s(sandbox: Sandbox, warehouse: str) -> None:
    for stream in ("orders", "shipments", "ndr", "tracking"):
        bring_in(stream)

    def india(text: str, form: str) -> datetime:
        return datetime.strptime(text, form).replace(tzinfo=UTC) - INDIA

    orders = sandbox.records("shiprocket/orders", NOW)
    stored = "select id, created_at from raw.shiprocket__{}"
    with psycopg.connect(warehouse) as connection:
        for number, created in connection.execute(stored.format("orders")).fetchall():
            assert created == india(orders[number]["created_at"], "%d %b %Y, %I:%M %p")
        shipments = sandbox.records("shiprocket/shipments", NOW)
        for number, created in connection.execute(stored.format("shipments")).fetchall():
            day, rest = shipments[number]["created_at"].split(" ", 1)
            assert created == india(f"{day[:-2]} {rest}", "%d %b %Y %I:%M %p")
        told = connection.execute(
            "select _parent_key, etd, delivered_date, rto_delivered_date from raw.shiprocket__orders__shipments"
        ).fetchall()
    for number, *times in told:
        part = orders[int(number)]["shipments"][0]
        said = [part["etd"], part["delivered_date"], part["rto_delivered_date"]]
        for time, text in zip(times, said, strict=True):
            is_said = text not in ("NA", None, "0000-00-00 00:00:00")
            assert time == (india(text, "%Y-%m-%d %H:%M:%S") if is_said else None)
    assert all(any(row[column] for row in told) for column in (1, 2, 3))
    assert all(any(row[column] is None for row in told) for column in (1, 2, 3))


@pytest.mark.parametrize(
    ("written", "stands_for"),
    [
        ("31 Jul 2019, 03:03 PM", "2019-07-31 09:33"),
        ("5 Aug 2019, 12:00 AM", "2019-08-04 18:30"),
        ("28th Aug 2018 07:11 PM", "2018-08-28 13:41"),
        ("1st Jan 2026 12:05 AM", "2025-12-31 18:35"),
        ("2022-07-19 11:37:00", "2022-07-19 06:07"),
        ("2022-07-20", "2022-07-19 18:30"),
        (PhpTime("2019-07-31 12:37:41.000000", "Asia/Kolkata"), "2019-07-31 07:07:41"),
        (PhpTime("2019-07-31 12:37:41.000000", "UTC"), "2019-07-31 12:37:41"),
    ],
)
def test_a_time_in_each_of_the_vendors_ways(written: str | PhpTime, stands_for: str) -> None:
    assert ist_time(written) == at(stands_for)


@pytest.mark.parametrize("written", ["0000-00-00 00:00:00", "NA", "N/A", "", " "])
def test_each_way_to_say_nothing(written: str) -> None:
    assert ist_time(written) is None
    assert ist_time(PhpTime(written)) is None


@pytest.mark.parametrize("written", ["soon", "31/07/2019", PhpTime("2019-07-31 12:37:41", "Mars/Base")])
def test_what_is_no_time_is_not_taken_for_one(written: str | PhpTime) -> None:
    with pytest.raises(ValueError, match=r"time"):
        ist_time(written)


def test_a_time_in_no_known_way_holds_its_record_back(sandbox: Sandbox, warehouse: str) -> None:
    rule = {"system": "shiprocket", "path": "/shipments", "kind": "malform", "field": "created_at", "value": "soon"}
    sandbox.spoil(rule)
    assert bring_in("shipments").rejected == 1
    reason = answer(warehouse, "select reason from raw.quarantine")
    assert reason == "'soon' is in none of the vendor's time formats - at `$.created_at`"


@pytest.fixture(scope="module")
def examples() -> dict[str, Any]:
    if not EXAMPLES.exists():
        pytest.skip("the vendor's documented examples are not here")
    return json.loads(EXAMPLES.read_text())


@pytest.mark.parametrize(
    ("example", "stream"),
    [
        ("GET /v1/external/orders", "orders"),
        ("GET /v1/external/shipments", "shipments"),
        ("GET /v1/external/orders/processing/return", "returns"),
    ],
)
def test_the_documented_lists_are_read(examples: dict[str, Any], example: str, stream: str) -> None:
    """But for ``count``, which counts the rows that the documentation left out."""
    contract = shiprocket.SOURCE.stream(stream).tables[0].contract
    body = examples[example]
    body["meta"]["pagination"]["count"] = len(body["data"])
    (request,) = shiprocket.SOURCE.stream(stream).start(Window(at("1970-01-01"), at("2026-11-20")))
    page = shiprocket.SOURCE.stream(stream).read(Answer(request, msgspec.json.encode(body), {}))
    assert (page.records, page.next[0].params["page"]) == (1, "2")
    for record in body["data"]:
        shape = shape_of(contract)
        row = compiled(contract)(msgspec.json.decode(msgspec.json.encode(record), type=contract))
        found = dict(zip([column.name for column in shape.columns], row, strict=True))
        assert found["id"] == record["id"]
        assert found["created_at"].utcoffset() == INDIA


def test_the_documented_detail_of_a_shipment_is_read(examples: dict[str, Any]) -> None:
    record = examples["GET /v1/external/shipments/{shipment_id}"]["data"]
    found = msgspec.json.decode(msgspec.json.encode(record), type=Shipment)
    assert ist_time(found.created_at) == at("2019-07-31 07:07:41")


def test_the_documented_tracking_is_read(examples: dict[str, Any]) -> None:
    one = examples["GET /v1/external/courier/track/awb/{awb}"]
    nothing = examples["GET /v1/external/courier/track/awb/{awb} (unknown AWB, HTTP 200)"]
    contract = shiprocket.SOURCE.stream("tracking").tables[0].contract
    for body in ({"141123221084922": one}, one):
        ((_, raw),) = trackings(msgspec.json.encode(body))
        found = msgspec.json.decode(raw, type=contract)
        assert (found.awb, found.shipment_status) == ("141123221084922", 7)
        rows = [compiled(type(scan))(scan) for scan in found.shipment_track_activities]
        assert [row[0] for row in rows] == [at("2022-07-19 06:07"), at("2022-07-18 04:21")]
        assert [row[4] for row in rows] == [7, None]
    assert list(trackings(msgspec.json.encode(nothing))) == []
    ((_, raw),) = trackings(msgspec.json.encode({"77": nothing}))
    assert msgspec.json.decode(raw, type=contract).track_status == 0
