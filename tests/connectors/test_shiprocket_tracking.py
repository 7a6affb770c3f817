"""What couriers tell: each parcel is asked for until there is a word on it, whatever an answer leaves out."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from own_world import Lines, at, line, own_world
from parcels import NIGHT, NOW, asked, bring_in, column, order_record, tracking_record

from cx_etl.errors import RetriableError
from cx_etl.extract import extract
from cx_etl.sources import shiprocket
from cx_etl.sources.base import Answer, Request
from raw_state import answer
from sandboxes import Sandbox


@pytest.fixture
def recent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cx_etl.sources.shiprocket_lists.FIRST_DAY", date(2026, 8, 1))


def _parcels(awbs: list[str], strange: list[str]) -> dict[str, Lines]:
    """Orders with these air waybills, of which the couriers know all but the strange ones."""
    begun = at("2026-11-19 08:00")
    each = enumerate(awbs + strange, start=1)
    orders = [line(begun, order_record(number, begun, "PICKED UP", awb)) for number, awb in each]
    tracked = [line(begun, tracking_record(awb, begun, "PICKED UP"), id=awb) for awb in awbs]
    return {"shiprocket/orders": orders, "shiprocket/tracking": tracked}


def test_every_parcel_that_a_courier_knows_is_tracked(sandbox: Sandbox, warehouse: str) -> None:
    report = bring_in("tracking")
    orders, returns = (sandbox.records(f"shiprocket/{stream}", NOW).values() for stream in ("orders", "returns"))
    carried = {part["awb"] for row in (*orders, *returns) for part in row["shipments"]} - {""}
    told = {awb: one for awb, one in sandbox.records("shiprocket/tracking", NOW).items() if awb in carried}
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute("select awb, track_status, error from raw.shiprocket__tracking").fetchall()
    assert {awb for awb, status, _ in rows if status == 1} == set(told)
    assert len(told) > 80
    # The others have an air waybill, but nothing has happened to them, or nobody but the shop knows it.
    silent = {awb for awb, status, error in rows if status == 0 and error.startswith("Aahh")}
    assert silent == {awb for awb in carried - set(told) if not awb.startswith("SELF-")}
    assert {awb for awb in carried if awb.startswith("SELF-")}
    scans = sum(len(one["shipment_track_activities"]) for one in told.values())
    assert answer(warehouse, "select count(*) from raw.shiprocket__tracking__shipment_track_activities") == scans
    assert report.rejected == 0


@pytest.mark.usefixtures("recent")
@pytest.mark.parametrize("strange", [[], ["SELF-1"], ["SELF-1", "SELF-2", "in hand"]])
def test_an_air_waybill_that_nobody_knows_takes_no_other_with_it(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strange: list[str]
) -> None:
    awbs = [f"1411{number:03d}" for number in range(120)]
    with own_world(tmp_path / "world", _parcels(awbs, strange), monkeypatch) as server:
        server.at_end_of(NIGHT)
        bring_in("tracking")
    assert sorted(column(warehouse, "select awb from raw.shiprocket__tracking")) == awbs
    batches = [request.json["awbs"] for request in asked("tracking") if request.json]
    assert max(map(len, batches)) == 50
    singly = [request.path for request in asked("tracking") if "/track/awb/" in request.path]
    assert len(singly) == len(strange)


@pytest.mark.usefixtures("recent")
@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"tracking_data": {"track_status": 0, "error": "Aahh!"}},
        {"1411000": []},
        {"1411000": {"tracking_data": []}},
    ],
)
def test_an_answer_that_says_nothing_is_no_end(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: Any
) -> None:
    """Whatever the vendor says for a while: each parcel is asked for until there is a word on it."""
    awbs = [f"1411{number:03d}" for number in range(5)]
    with own_world(tmp_path / "world", _parcels(awbs, []), monkeypatch) as server:
        server.at_end_of(NIGHT)
        server.spoil({"system": "shiprocket", "path": "track/awbs", "kind": "status", "status": 200, "body": body,
                      "times": 2})  # fmt: skip
        bring_in("tracking")
    assert sorted(column(warehouse, "select awb from raw.shiprocket__tracking")) == awbs


@pytest.mark.usefixtures("recent")
def test_a_refusal_within_a_good_answer_is_no_answer(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_world(tmp_path / "world", _parcels(["1411000"], []), monkeypatch) as server:
        server.at_end_of(NIGHT)
        told = {"message": "Server is busy", "status_code": 500}
        server.spoil(
            {"system": "shiprocket", "path": "track/", "kind": "status", "status": 200, "body": told, "times": 3}
        )
        with pytest.raises(RetriableError, match="the answer is about message, which was not asked"):
            extract("shiprocket", "tracking", NIGHT)
        assert answer(warehouse, "select count(*) from ops.watermarks") == 0
        bring_in("tracking")
    assert column(warehouse, "select awb from raw.shiprocket__tracking") == ["1411000"]


def test_only_a_word_of_the_vendors_lets_go_of_a_parcel() -> None:
    read = shiprocket.SOURCE.stream("tracking").read
    one = Request("/v1/external/courier/track/awb/X", accepts=(400, 404, 422))
    with pytest.raises(RetriableError, match="an answer without tracking_data"):
        read(Answer(one, b"{}", {}))
    assert read(Answer(one, b'{"message": "Invalid AWB"}', {}, status=404)).next == ()
    said = {"tracking_data": {"track_status": 0, "error": "Aahh!"}}
    assert read(Answer(one, msgspec.json.encode(said), {})).next == ()


@pytest.mark.usefixtures("recent")
def test_what_is_over_is_tracked_once_more_and_then_no_longer(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, arrived = at("2026-11-10 08:00"), at("2026-11-19 08:00")
    streams: dict[str, Lines] = {
        "shiprocket/orders": [
            line(begun, order_record(1, begun, "PICKED UP", "14111")),
            line(arrived, order_record(1, begun, "DELIVERED", "14111")),
            # Scanned without a change of its order, which the list of updated orders does not show.
            line(begun, order_record(2, begun, "IN TRANSIT", "14112")),
        ],
        "shiprocket/tracking": [
            line(begun, tracking_record("14111", begun, "PICKED UP"), id="14111"),
            line(arrived, tracking_record("14111", arrived, "DELIVERED"), id="14111"),
            line(begun, tracking_record("14112", begun, "IN TRANSIT"), id="14112"),
            line(arrived, tracking_record("14112", arrived, "BAGGED"), id="14112"),
        ],
    }
    told_of = {}
    with own_world(tmp_path / "world", streams, monkeypatch) as server:
        for day in (18, 19, 20):
            server.at_end_of(date(2026, 11, day))
            bring_in("tracking", date(2026, 11, day))
            requests = asked("tracking", date(2026, 11, day))
            told_of[day] = {awb for request in requests if request.json for awb in request.json["awbs"]}
    assert told_of == {18: {"14111", "14112"}, 19: {"14111", "14112"}, 20: {"14112"}}
    told = "select string_agg(awb || ' ' || activity, ', ' order by awb) from raw.shiprocket__tracking as one"
    scans = "inner join raw.shiprocket__tracking__shipment_track_activities as scan on scan._parent_key = one.awb"
    assert answer(warehouse, f"{told} {scans}") == "14111 Delivered, 14112 Bagged"
