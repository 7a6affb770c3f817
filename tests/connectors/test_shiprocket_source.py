"""Shiprocket, from the API to the raw tables: India's dates, the thirty days, and answers that say nothing."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from own_world import Lines, at, line, own_world

from cx_etl import landing
from cx_etl.contract import row_of, shape_of
from cx_etl.errors import ConfigError, DataError, RetriableError
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.reconcile import reconcile
from cx_etl.settings import ROOT
from cx_etl.sources import account, shiprocket
from cx_etl.sources.base import Answer, Request, Window
from cx_etl.sources.shiprocket_records import PhpTime, Shipment, ist_time
from cx_etl.sources.shiprocket_tracking import trackings
from raw_state import answer, versions
from sandbox.connections import KEYS
from sandbox.records import shiprocket as records
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
INDIA = timedelta(hours=5, minutes=30)
EXAMPLES = ROOT.parent / "shared" / "contracts" / "shiprocket_doc_examples.json"


def _bring_in(stream: str, night: date = NIGHT) -> Any:
    extract("shiprocket", stream, night)
    return load("shiprocket", stream, night)


def _column(dsn: str, sql: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return [row[0] for row in connection.execute(sql).fetchall()]


def _asked(stream: str, night: date = NIGHT) -> list[Request]:
    """Every request that the night's run sent, in no particular order."""
    (run,) = landing.runs("shiprocket", stream, night)
    return [request for step in run.steps() for request in step.next]


def _order(number: int, created: datetime, status: str = "NEW", awb: str = "") -> dict[str, Any]:
    part = records.order_shipment(number=number, awb=awb, courier="", etd=None, delivered=None, rto=None)
    return records.order(
        number=number, reference=f"#{number}", status=status, created=created, placed=created, name="Asha", email=None,
        cents=1000, is_cod=False, products=[], shipments=[part], activities=[],
    )  # fmt: skip


def _shipment(number: int, created: datetime, status: str = "NEW", awb: str = "") -> dict[str, Any]:
    return records.shipment(
        number=number, order=number, awb=awb, status=status, created=created, is_cod=False, products=[]
    )


def _tracking(awb: str, moment: datetime, status: str) -> dict[str, Any]:
    return records.tracking(
        awb=awb, shipment=1, order=1, courier="Delhivery", scans=[records.activity(moment, status, "Pune")],
        picked=moment, delivered=None, promised=None, status=status, city="Pune",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stream", "key"),
    [("orders", "id"), ("shipments", "id"), ("returns", "id"), ("ndr", "id")],
)
def test_what_exists_arrives(sandbox: Sandbox, warehouse: str, stream: str, key: str) -> None:
    report = _bring_in(stream)
    expected = sandbox.records(f"shiprocket/{stream}", NOW)
    assert len(expected) >= 40
    assert set(_column(warehouse, f"select {key} from raw.shiprocket__{stream}")) == set(expected)
    assert report.rejected == 0


def test_every_parcel_that_a_courier_knows_is_tracked(sandbox: Sandbox, warehouse: str) -> None:
    report = _bring_in("tracking")
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


def test_times_of_every_kind_are_india_s(sandbox: Sandbox, warehouse: str) -> None:
    for stream in ("orders", "shipments", "ndr", "tracking"):
        _bring_in(stream)

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
    assert _bring_in("shipments").rejected == 1
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
        row = row_of(shape, msgspec.json.decode(msgspec.json.encode(record), type=contract))
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
        rows = [row_of(shape_of(type(scan)), scan) for scan in found.shipment_track_activities]
        assert [row[0] for row in rows] == [at("2022-07-19 06:07"), at("2022-07-18 04:21")]
        assert [row[4] for row in rows] == [7, None]
    assert list(trackings(msgspec.json.encode(nothing))) == []
    ((_, raw),) = trackings(msgspec.json.encode({"77": nothing}))
    assert msgspec.json.decode(raw, type=contract).track_status == 0


def _start(stream: str, start: str, end: str) -> tuple[Request, ...]:
    return shiprocket.SOURCE.stream(stream).start(Window(at(start), at(end)))


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        # A night in UTC ends at half past five in India.
        ("2026-11-19 23:00", "2026-11-21 00:00", "2026-11-20", "2026-11-21"),
        # A night in India ends at half past six in UTC, on the day before.
        ("2026-11-19 17:30", "2026-11-20 18:30", "2026-11-19", "2026-11-21"),
        ("2026-11-19 18:29:59", "2026-11-20 18:29:59", "2026-11-19", "2026-11-20"),
    ],
)
def test_a_window_is_covered_by_dates_in_india(start: str, end: str, first: str, last: str) -> None:
    (request,) = _start("orders", start, end)
    assert (request.params["updated_from"], request.params["updated_to"]) == (first, last)
    (request,) = _start("ndr", start, end)
    assert (request.params["from"], request.params["to"]) == (first, last)


@pytest.mark.parametrize("time_zone", ["UTC", "Asia/Kolkata", "America/Los_Angeles"])
def test_changes_around_midnight_are_in_one_night_or_the_next(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time_zone: str
) -> None:
    monkeypatch.setenv("CX_TIME_ZONE", time_zone)
    monkeypatch.setattr("cx_etl.sources.shiprocket_lists.FIRST_DAY", date(2026, 10, 1))
    begun, lines = at("2026-10-02 08:00"), []
    changes = [at("2026-11-18 00:10") + timedelta(minutes=23 * count) for count in range(190)]
    for number, moment in enumerate(changes, start=1):
        lines += [line(begun, _order(number, begun)), line(moment, _order(number, begun, "DELIVERED"))]
    with own_world(tmp_path / "world", {"shiprocket/orders": lines}, monkeypatch) as server:
        for day in (17, 18, 19, 20):
            server.at_end_of(date(2026, 11, day), time_zone)
            _bring_in("orders", date(2026, 11, day))
        server.set_clock(at("2026-11-23 02:00"))
        _bring_in("orders", date(2026, 11, 21))
    left = _column(warehouse, "select id from raw.shiprocket__orders where status <> 'DELIVERED'")
    assert left == []


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Two hundred orders from August on, each of them changed forty days after it began."""
    lines: Lines = []
    for number in range(1, 201):
        begun = at("2026-08-02 09:00") + timedelta(hours=11 * number)
        lines += [
            line(begun, _order(number, begun)),
            line(begun + timedelta(days=40), _order(number, begun, "DELIVERED")),
        ]
    monkeypatch.setattr("cx_etl.sources.shiprocket_lists.FIRST_DAY", date(2026, 8, 1))
    monkeypatch.setattr("cx_etl.sources.shiprocket_lists.PER_PAGE", "15")
    with own_world(tmp_path / "world", {"shiprocket/orders": lines}, monkeypatch) as server:
        yield server


def _statuses(server: Sandbox, now: datetime) -> dict[int, str]:
    newest: dict[int, str] = {}
    for text in (server.dataset / "shiprocket" / "orders.jsonl").read_text().splitlines():
        told = json.loads(text)
        if datetime.fromisoformat(told["at"]) <= now:
            newest[told["record"]["id"]] = told["record"]["status"]
    return newest


def test_history_is_read_in_spans_of_thirty_days(slow: Sandbox, warehouse: str) -> None:
    slow.at_end_of(NIGHT)
    _bring_in("orders")
    spans = sorted({(r.params["from"], r.params["to"]) for r in _asked("orders")})
    days = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in spans]
    assert (days[0][0], days[-1][1]) == (date(2026, 8, 1), date(2026, 11, 21))
    assert all((last - first).days < 30 for first, last in days)
    assert [first for first, _ in days[1:]] == [last + timedelta(days=1) for _, last in days[:-1]]
    assert len(_column(warehouse, "select id from raw.shiprocket__orders")) == 200
    assert answer(warehouse, "select vendor_total from ops.loads") == 200


def test_a_pipeline_that_was_down_for_long_reads_all_that_may_have_changed_and_says_so(
    slow: Sandbox, warehouse: str
) -> None:
    before, after = date(2026, 9, 10), date(2026, 10, 25)
    slow.at_end_of(before)
    _bring_in("orders", before)
    slow.at_end_of(after)
    _bring_in("orders", after)
    with psycopg.connect(warehouse) as connection:
        found = dict(connection.execute("select id, status from raw.shiprocket__orders").fetchall())
    assert found == _statuses(slow, at("2026-10-26 02:00"))
    noted = "updates are known for 30 days only: all orders since 2026-08-01 were read again"
    assert _column(warehouse, "select notes from ops.loads order by night") == [[], [noted]]
    assert not any("updated_from" in request.params for request in _asked("orders", after))


def test_an_old_night_made_up_for_later_falls_back_when_the_vendor_refuses(slow: Sandbox, warehouse: str) -> None:
    for night in (date(2026, 10, 1), date(2026, 10, 2)):
        slow.at_end_of(NIGHT)
        _bring_in("orders", night)
    asked = _asked("orders", date(2026, 10, 2))
    assert asked[0].params["updated_from"] == "2026-10-02"
    assert {r.params["from"] for r in asked[1:]} == {"2026-08-03", "2026-09-02", "2026-10-02"}
    (noted,) = _column(warehouse, "select notes[1] from ops.loads where night = '2026-10-02'")
    assert noted == "updates are known for 30 days only: all orders since 2026-08-03 were read again"
    # The night ends at half past five in India, so the whole day after it was asked for.
    began = [at("2026-08-02 09:00") + timedelta(hours=11 * number) for number in range(1, 201)]
    stored = answer(warehouse, "select count(*) from raw.shiprocket__orders")
    assert stored == sum(moment < at("2026-10-03 18:30") for moment in began)


def test_another_refusal_is_named(sandbox: Sandbox, warehouse: str) -> None:
    _bring_in("orders", NIGHT - timedelta(days=1))
    told = {"message": "The given data was invalid.", "errors": {"sort": ["?"]}}
    sandbox.spoil({"system": "shiprocket", "path": "/orders", "kind": "status", "status": 422, "body": told})
    with pytest.raises(DataError, match=r"shiprocket /v1/external/orders: 422 .*given data was invalid"):
        extract("shiprocket", "orders", NIGHT)
    assert answer(warehouse, "select count(*) from ops.watermarks where night = '2026-11-20'") == 0


def test_a_token_that_ends_within_a_run_is_renewed(slow: Sandbox, warehouse: str) -> None:
    slow.at_end_of(date(2026, 11, 1))
    slow.spoil({"system": "shiprocket", "path": "/orders", "kind": "advance_clock", "seconds": 11 * 86_400, "after": 2})
    report = extract("shiprocket", "orders", date(2026, 11, 1))
    # A refused call, two logins.
    assert report.calls == report.pages + 3
    load("shiprocket", "orders", date(2026, 11, 1))
    assert answer(warehouse, "select count(*) from raw.shiprocket__orders") >= 198


def test_a_login_that_is_busy_is_tried_again(slow: Sandbox, warehouse: str) -> None:
    slow.at_end_of(NIGHT)
    slow.spoil({"system": "shiprocket", "path": "auth/login", "kind": "status", "status": 503})
    _bring_in("orders")
    assert answer(warehouse, "select count(*) from raw.shiprocket__orders") == 200


def test_a_wrong_password_is_named(slow: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    user = {"host": f"{slow.url}/shiprocket", "login": KEYS["shiprocket"][0], "password": "guess"}
    monkeypatch.setenv("AIRFLOW_CONN_SHIPROCKET", json.dumps(user))
    with pytest.raises(ConfigError, match=r"login at .* failed: 403 .*Invalid email and password combination"):
        extract("shiprocket", "orders", NIGHT)
    monkeypatch.setenv("AIRFLOW_CONN_SHIPROCKET", json.dumps(user | {"password": ""}))
    with pytest.raises(ConfigError, match="shiprocket has no password"):
        extract("shiprocket", "orders", NIGHT)
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


def _list_answer(rows: list[dict[str, Any]], before: str = "", **told: Any) -> Answer:
    counted = {"total": len(rows), "count": len(rows), "current_page": 1, "total_pages": 1, "links": {}}
    body = {"data": rows, "meta": {"pagination": counted | told}}
    (request,) = _start("orders", "2026-11-19 23:00", "2026-11-21 00:00")
    return Answer(request.but(context={"before": before}), msgspec.json.encode(body), {})


ROW = _order(7, at("2026-11-20 10:00"))


@pytest.mark.parametrize("links", [{}, []])
def test_a_list_ends_where_the_vendor_says(links: Any) -> None:
    read = shiprocket.SOURCE.stream("orders").read
    assert read(_list_answer([ROW], links=links)).next == ()
    more = read(_list_answer([ROW], total=9, total_pages=3, links={"next": "x"}))
    assert [request.params["page"] for request in more.next] == ["2"]
    assert more.vendor_total == 9
    # Neither of the two signals is taken for the end as long as the other is not.
    for told in ({"total_pages": 2, "links": links}, {"total_pages": 1, "links": {"next": "x"}}):
        assert read(_list_answer([ROW], **told)).next
    texts = {"total": "1", "count": "1", "current_page": "1", "total_pages": "1"}
    assert read(_list_answer([ROW], **texts)).vendor_total == 1


@pytest.mark.parametrize("told", [{"current_page": 2}, {"count": 2}])
def test_a_page_that_is_not_the_one_asked_for_is_asked_for_again(told: dict[str, int]) -> None:
    with pytest.raises(RetriableError, match="asked was page 1 of updated; page"):
        shiprocket.SOURCE.stream("orders").read(_list_answer([ROW], **told))


def test_the_last_page_of_some_days_is_no_answer_for_the_next() -> None:
    with pytest.raises(RetriableError, match="asked was page 1"):
        shiprocket.SOURCE.stream("orders").read(_list_answer([ROW], before="7 to 7"))


def _parcels(awbs: list[str], strange: list[str]) -> dict[str, Lines]:
    """Orders with these air waybills, of which the couriers know all but the strange ones."""
    begun = at("2026-11-19 08:00")
    each = enumerate(awbs + strange, start=1)
    orders = [line(begun, _order(number, begun, "PICKED UP", awb)) for number, awb in each]
    tracked = [line(begun, _tracking(awb, begun, "PICKED UP"), id=awb) for awb in awbs]
    return {"shiprocket/orders": orders, "shiprocket/tracking": tracked}


@pytest.fixture
def recent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cx_etl.sources.shiprocket_lists.FIRST_DAY", date(2026, 8, 1))


@pytest.mark.usefixtures("recent")
@pytest.mark.parametrize("strange", [[], ["SELF-1"], ["SELF-1", "SELF-2", "in hand"]])
def test_an_air_waybill_that_nobody_knows_takes_no_other_with_it(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strange: list[str]
) -> None:
    awbs = [f"1411{number:03d}" for number in range(120)]
    with own_world(tmp_path / "world", _parcels(awbs, strange), monkeypatch) as server:
        server.at_end_of(NIGHT)
        _bring_in("tracking")
    assert sorted(_column(warehouse, "select awb from raw.shiprocket__tracking")) == awbs
    batches = [request.json["awbs"] for request in _asked("tracking") if request.json]
    assert max(map(len, batches)) == 50
    singly = [request.path for request in _asked("tracking") if "/track/awb/" in request.path]
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
        _bring_in("tracking")
    assert sorted(_column(warehouse, "select awb from raw.shiprocket__tracking")) == awbs


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
        _bring_in("tracking")
    assert _column(warehouse, "select awb from raw.shiprocket__tracking") == ["1411000"]


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
            line(begun, _order(1, begun, "PICKED UP", "14111")),
            line(arrived, _order(1, begun, "DELIVERED", "14111")),
            # Scanned without a change of its order, which the list of updated orders does not show.
            line(begun, _order(2, begun, "IN TRANSIT", "14112")),
        ],
        "shiprocket/tracking": [
            line(begun, _tracking("14111", begun, "PICKED UP"), id="14111"),
            line(arrived, _tracking("14111", arrived, "DELIVERED"), id="14111"),
            line(begun, _tracking("14112", begun, "IN TRANSIT"), id="14112"),
            line(arrived, _tracking("14112", arrived, "BAGGED"), id="14112"),
        ],
    }
    asked = {}
    with own_world(tmp_path / "world", streams, monkeypatch) as server:
        for day in (18, 19, 20):
            server.at_end_of(date(2026, 11, day))
            _bring_in("tracking", date(2026, 11, day))
            requests = _asked("tracking", date(2026, 11, day))
            asked[day] = {awb for request in requests if request.json for awb in request.json["awbs"]}
    assert asked == {18: {"14111", "14112"}, 19: {"14111", "14112"}, 20: {"14112"}}
    told = "select string_agg(awb || ' ' || activity, ', ' order by awb) from raw.shiprocket__tracking as one"
    scans = "inner join raw.shiprocket__tracking__shipment_track_activities as scan on scan._parent_key = one.awb"
    assert answer(warehouse, f"{told} {scans}") == "14111 Delivered, 14112 Bagged"


def test_an_air_waybill_may_be_that_of_two_shipments(sandbox: Sandbox, warehouse: str) -> None:
    for stream in ("shipments", "tracking"):
        _bring_in(stream)
    twice = "select awb from raw.shiprocket__shipments where awb <> '' group by awb having count(*) = 2"
    shared = _column(warehouse, twice)
    assert shared
    living = f"select count(*) from raw.shiprocket__shipments where awb = '{shared[0]}' and status = 'CANCELED'"
    assert answer(warehouse, living) == 1
    with psycopg.connect(warehouse) as connection:
        tracked = "select count(*) from raw.shiprocket__tracking where awb = any(%s)"
        assert connection.execute(tracked, (shared,)).fetchone() == (len(shared),)


def test_what_did_not_arrive_tells_its_attempts_and_its_way_back(sandbox: Sandbox, warehouse: str) -> None:
    for stream in ("orders", "ndr"):
        _bring_in(stream)
    rows = sandbox.records("shiprocket/ndr", NOW)
    attempts = "select count(*) from raw.shiprocket__ndr__history"
    assert answer(warehouse, attempts) == sum(len(row["history"]) for row in rows.values()) > len(rows)
    back = _column(warehouse, "select id from raw.shiprocket__orders where status = 'RTO DELIVERED'")
    assert back
    when = "select count(*) from raw.shiprocket__orders__shipments where rto_delivered_date is not null"
    assert answer(warehouse, when) == len(back)
    assert set(back) <= set(_column(warehouse, "select id from raw.shiprocket__ndr where status = 'RTO DELIVERED'"))


@pytest.mark.usefixtures("recent")
def test_a_return_whose_status_goes_backwards_is_what_it_is_now(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
            report = _bring_in("returns", date(2026, 11, day))
            told += _column(warehouse, "select status from raw.shiprocket__returns")
    assert told == list(path.values())
    assert (report.new, report.changed) == (0, 0)


def _shipments(count: int) -> Lines:
    """One a day until the last night, each delivered on the day after."""
    lines = []
    for number in range(1, count + 1):
        created = at("2026-11-20 09:00") - timedelta(days=count - number)
        lines.append(line(created, _shipment(number, created)))
        lines.append(line(created + timedelta(days=1), _shipment(number, created, "DELIVERED")))
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
        _bring_in(stream, night)
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


def test_a_login_without_a_token_is_named() -> None:
    from cx_etl.sources.shiprocket_lists import _token

    for body in ('{"message": "ok"}', "<html>", "[]"):
        with pytest.raises(ConfigError, match="shiprocket's login gave no token"):
            _token(httpx.Response(200, text=body))
