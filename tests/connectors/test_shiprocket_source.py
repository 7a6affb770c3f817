"""Shiprocket, from the API to the raw tables: what exists arrives, and is what it is now."""

from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from own_world import Lines, at, line, own_world
from parcels import NIGHT, NOW, bring_in, column, shipment_record

from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.reconcile import reconcile
from cx_etl.sources import account
from raw_state import answer, versions
from sandbox.records import shiprocket as records
from sandboxes import Sandbox


@pytest.mark.parametrize(
    ("stream", "key"),
    [("orders", "id"), ("shipments", "id"), ("returns", "id"), ("ndr", "id")],
)
def test_what_exists_arrives(sandbox: Sandbox, warehouse: str, stream: str, key: str) -> None:
    report = bring_in(stream)
    expected = sandbox.records(f"shiprocket/{stream}", NOW)
    assert len(expected) >= 40
    assert set(column(warehouse, f"select {key} from raw.shiprocket__{stream}")) == set(expected)
    assert report.rejected == 0


def test_an_air_waybill_may_be_that_of_two_shipments(sandbox: Sandbox, warehouse: str) -> None:
    for stream in ("shipments", "tracking"):
        bring_in(stream)
    twice = "select awb from raw.shiprocket__shipments where awb <> '' group by awb having count(*) = 2"
    shared = column(warehouse, twice)
    assert shared
    living = f"select count(*) from raw.shiprocket__shipments where awb = '{shared[0]}' and status = 'CANCELED'"
    assert answer(warehouse, living) == 1
    with psycopg.connect(warehouse) as connection:
        tracked = "select count(*) from raw.shiprocket__tracking where awb = any(%s)"
        assert connection.execute(tracked, (shared,)).fetchone() == (len(shared),)


def test_what_did_not_arrive_tells_its_attempts_and_its_way_back(sandbox: Sandbox, warehouse: str) -> None:
    for stream in ("orders", "ndr"):
        bring_in(stream)
    rows = sandbox.records("shiprocket/ndr", NOW)
    attempts = "select count(*) from raw.shiprocket__ndr__history"
    assert answer(warehouse, attempts) == sum(len(row["history"]) for row in rows.values()) > len(rows)
    back = column(warehouse, "select id from raw.shiprocket__orders where status = 'RTO DELIVERED'")
    assert back
    when = "select count(*) from raw.shiprocket__orders__shipments where rto_delivered_date is not null"
    assert answer(warehouse, when) == len(back)
    assert set(back) <= set(column(warehouse, "select id from raw.shiprocket__ndr where status = 'RTO DELIVERED'"))


def test_a_return_whose_status_goes_backwards_is_what_it_is_now(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cx_etl.sources.shiprocket_lists.FIRST_DAY", date(2026, 8, 1))
    begun = at("2026-10-05 08:00")
    path = {17: "RETURN PENDING", 18: "RETURN PICKUP GENERATED", 19: "RETURN PENDING", 20: "RETURN PENDING"}
    lines = [
        line(begun if day == 17 else at(f"2026-11-{day} 10:00"), records.return_order(
            number=1, reference="#R", status=status, created=begun, name="Asha", email=None, cents=100, products=[],
            shipment=1, awb=""))
        for day, status in path.items()
    ]  # fmt: skip
    told = []
    with own_world(tmp_path / "world", {"shiprocket/returns": lines}, monkeypatch) as server:
        for day in path:
            server.at_end_of(date(2026, 11, day))
            report = bring_in("returns", date(2026, 11, day))
            told += column(warehouse, "select status from raw.shiprocket__returns")
    assert told == list(path.values())
    assert (report.new, report.changed) == (0, 0)


def _shipments(count: int) -> Lines:
    """One a day until the last night, each delivered on the day after."""
    lines = []
    for number in range(1, count + 1):
        created = at("2026-11-20 09:00") - timedelta(days=count - number)
        lines.append(line(created, shipment_record(number, created)))
        lines.append(line(created + timedelta(days=1), shipment_record(number, created, "DELIVERED")))
    return lines


def test_shipments_are_read_as_far_back_as_they_may_change(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cx_etl.sources.shiprocket_lists.PER_PAGE", "10")
    with own_world(tmp_path / "world", {"shiprocket/shipments": _shipments(200)}, monkeypatch) as server:
        server.at_end_of(NIGHT - timedelta(days=1))
        first = extract("shiprocket", "shipments", NIGHT - timedelta(days=1))
        load("shiprocket", "shipments", NIGHT - timedelta(days=1))
        assert answer(warehouse, "select vendor_total from ops.loads") == 199
        server.at_end_of(NIGHT)
        report = extract("shiprocket", "shipments", NIGHT)
        loaded = load("shiprocket", "shipments", NIGHT)
        # A page in the wrong order proves nothing about what lies behind it.
        server.spoil({"system": "shiprocket", "path": "/shipments", "kind": "reorder", "times": 99})
        unsorted = extract("shiprocket", "shipments", NIGHT)
    assert (first.pages, report.pages, unsorted.pages) == (20, 8, 20)
    assert (loaded.new, loaded.changed) == (1, 1)
    assert answer(warehouse, "select count(*) from raw.shiprocket__shipments where status = 'DELIVERED'") == 199


@pytest.mark.parametrize("stream", ["orders", "shipments"])
def test_where_nothing_was_missed_the_weekly_walk_finds_nothing(sandbox: Sandbox, warehouse: str, stream: str) -> None:
    for night in (NIGHT - timedelta(days=1), NIGHT):
        sandbox.at_end_of(night)
        bring_in(stream, night)
    before = versions(warehouse)
    for days in (20, 90):
        report = reconcile("shiprocket", stream, days=days)
        assert report.walked > 20
        assert (report.missed_new, report.missed_changes, report.missed_deletes) == (0, 0, 0)
    assert versions(warehouse) == before


def test_lists_that_things_leave_are_not_walked_for_deletions() -> None:
    assert [stream.name for stream in account("shiprocket").reconcilable] == ["orders", "shipments"]


def test_what_the_doctor_asks(sandbox: Sandbox) -> None:
    from cx_etl.doctor import examine

    findings = [each for each in examine(("shiprocket",)) if each.subject == "shiprocket"]
    assert all(each.is_good for each in findings), findings
    assert {"orders", "shipments", "returns", "ndr"} <= {each.question for each in findings}
