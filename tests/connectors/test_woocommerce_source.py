"""WooCommerce, from the site's API to the raw tables: every way in which a row could slip away."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from own_world import Lines, at, gone, line, own_world

from cx_etl import landing
from cx_etl.errors import ConfigError, CxError, DataError, RestartError, RetriableError
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.reconcile import reconcile
from cx_etl.settings import Connection
from cx_etl.sources import woocommerce
from cx_etl.sources.base import Answer, Window
from raw_state import answer
from sandbox.records.woocommerce import address, customer, order, refund
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
NOTICE = "<br />\n<b>Warning</b>:  Undefined array key [0] in <b>/srv/plugin.php</b> on line <b>7</b><br />\n"


def _bring_in(stream: str, night: date = NIGHT) -> Any:
    extract("woocommerce", stream, night)
    return load("woocommerce", stream, night)


def _column(dsn: str, sql: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return [row[0] for row in connection.execute(sql).fetchall()]


def _order(number: int, modified: datetime, status: str = "completed", **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        **{"created": at("2026-10-01 08:00"), "paid": None, "completed": None, "customer": 0},
        **{"billing": address(email=""), "shipping": address(), "lines": [], "discount_cents": 0, "shipping_cents": 0},
    }
    return order(number=number, status=status, modified=modified, **{**fields, **more})


def _refund(number: int, of: int, created: datetime) -> dict[str, Any]:
    return refund(number=number, order=of, created=created, cents=500, reason="", refunded_by=1)


def _customer(number: int, modified: datetime, name: str = "Ana Sá") -> dict[str, Any]:
    return customer(
        number=number, created=at("2026-10-01 08:00"), modified=modified, email=f"{number}@example.com", name=name,
        billing=address(email=""), is_paying=True,
    )  # fmt: skip


@pytest.mark.parametrize("stream", ["orders", "refunds", "customers", "products"])
def test_what_exists_arrives(sandbox: Sandbox, warehouse: str, stream: str) -> None:
    report = _bring_in(stream)
    expected = sandbox.records(f"woocommerce/{stream}", NOW)
    assert len(expected) > 5
    assert set(_column(warehouse, f"select id from raw.woocommerce__{stream}")) == set(expected)
    assert report.rejected == 0


def test_orders_arrive_with_their_parts_and_their_times_are_utc(sandbox: Sandbox, warehouse: str) -> None:
    _bring_in("orders")
    orders = sandbox.records("woocommerce/orders", NOW)
    for child in ("line_items", "refunds", "coupon_lines", "shipping_lines"):
        parts = sum(len(each[child]) for each in orders.values())
        assert parts > 10
        assert answer(warehouse, f"select count(*) from raw.woocommerce__orders__{child}") == parts
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute(
            "select id, date_created_gmt, date_modified_gmt, _version_at, total::text, billing__email, customer_id"
            " from raw.woocommerce__orders"
        ).fetchall()
    for number, created, modified, version, total, email, person in rows:
        said = orders[number]
        assert created == datetime.fromisoformat(f"{said['date_created_gmt']}+00:00")
        assert modified == version == datetime.fromisoformat(f"{said['date_modified_gmt']}+00:00")
        assert (total, email, person) == (said["total"], said["billing"]["email"], said["customer_id"])
    assert {row[6] for row in rows} > {0}
    assert {row[5] for row in rows} > {""}
    negative = _column(warehouse, "select total from raw.woocommerce__orders__refunds")
    assert max(negative) < 0


def test_what_lies_in_the_trash_is_deleted_and_may_come_back(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        line(at("2026-11-18 10:00"), _order(1, at("2026-11-18 10:00"))),
        line(at("2026-11-19 10:00"), _order(1, at("2026-11-19 10:00"), "trash", customer=7)),
        line(at("2026-11-20 10:00"), _order(1, at("2026-11-20 10:00"), "completed")),
    ]
    told = []
    with own_world(tmp_path / "world", {"woocommerce/orders": lines}, monkeypatch) as site:
        for day in (18, 19, 20):
            site.at_end_of(date(2026, 11, day))
            _bring_in("orders", date(2026, 11, day))
            told += _column(warehouse, "select status || coalesce(' ' || _deleted_at, '') from raw.woocommerce__orders")
    assert told == ["completed", "trash 2026-11-19 10:00:00+00", "completed"]


def test_an_order_deleted_for_good_is_found_by_the_weekly_walk(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line(at(f"2026-11-{day} 10:00"), _order(day, at(f"2026-11-{day} 10:00"))) for day in range(10, 20)]
    lines.append(gone(at("2026-11-20 09:00"), 12))
    with own_world(tmp_path / "world", {"woocommerce/orders": lines}, monkeypatch) as site:
        for night in (NIGHT - timedelta(days=1), NIGHT):
            site.at_end_of(night)
            _bring_in("orders", night)
        living = "select count(*) from raw.woocommerce__orders where _deleted_at is null"
        assert answer(warehouse, living) == 10
        report = reconcile("woocommerce", "orders")
    assert (report.walked, report.missed_new, report.missed_changes, report.missed_deletes) == (9, 0, 0, 1)
    assert _column(warehouse, "select id from raw.woocommerce__orders where _deleted_at is not null") == [12]


@pytest.mark.parametrize("storage", ["posts", "hpos"])
@pytest.mark.parametrize("size", [7, 23])
def test_the_hour_that_comes_twice_in_autumn_loses_nothing(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: str, size: int
) -> None:
    """A site without order tables sorts 01:10 after the change before 01:30 before it."""
    start = at("2026-11-01 03:00")
    moments = [start + timedelta(minutes=2 * number) for number in range(150)]
    lines = [line(moment, _order(number, moment)) for number, moment in enumerate(moments, start=1)]
    monkeypatch.setattr("cx_etl.sources.woocommerce_lists.PAGE_SIZE", size)
    settings = f'[woocommerce]\nstorage = "{storage}"\n'
    with own_world(tmp_path / "world", {"woocommerce/orders": lines}, monkeypatch, settings) as site:
        site.at_end_of(date(2026, 11, 1))
        assert extract("woocommerce", "orders", date(2026, 11, 1)).pages > 150 / size
    load("woocommerce", "orders", date(2026, 11, 1))
    assert answer(warehouse, "select count(*) from raw.woocommerce__orders") == 150
    # None of it by starting anew.
    assert len(landing.runs("woocommerce", "orders", date(2026, 11, 1))) == 1


def test_more_orders_of_one_second_than_a_page_holds(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = at("2026-11-20 10:00:05")
    lines = [line(moment + timedelta(seconds=number // 30), _order(number, moment + timedelta(seconds=number // 30)))
             for number in range(1, 91)]  # fmt: skip
    monkeypatch.setattr("cx_etl.sources.woocommerce_lists.PAGE_SIZE", 8)
    with own_world(tmp_path / "world", {"woocommerce/orders": lines}, monkeypatch) as site:
        site.at_end_of(NIGHT)
        _bring_in("orders")
    assert answer(warehouse, "select count(*) from raw.woocommerce__orders") == 90


def test_an_order_changed_at_the_very_start_of_a_window_is_in_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The filter excludes the second it names."""
    start = at("2026-11-20 00:00:00")
    (first, trash) = woocommerce.SOURCE.stream("orders").start(Window(start, start))
    assert first.params["modified_after"] == "2026-11-19T23:59:59"
    assert (first.params["dates_are_gmt"], first.params["status"], trash.params["status"]) == ("true", "any", "trash")


def test_the_key_signs_over_http_and_goes_along_over_tls() -> None:
    def asked(host: str) -> httpx.Request:
        auth = woocommerce.SOURCE.auth(Connection("woocommerce", host, "ck_1", "cs_1"))
        return next(auth.auth_flow(httpx.Request("GET", f"{host}/wp-json/wc/v3/orders?status=any")))

    plain, tls = asked("http://shop.example"), asked("https://shop.example")
    assert plain.url.params["oauth_consumer_key"] == "ck_1"
    assert plain.url.params["oauth_signature_method"] == "HMAC-SHA256"
    assert "cs_1" not in str(plain.url)
    assert "authorization" not in plain.headers
    assert tls.headers["authorization"].startswith("Basic ")
    assert tls.url.params == httpx.QueryParams(status="any")


def test_a_wrong_secret_is_named(sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    login = {"host": f"{sandbox.url}/woocommerce", "login": "ck_of_the_sandbox", "password": "cs_wrong"}
    monkeypatch.setenv("AIRFLOW_CONN_WOOCOMMERCE", json.dumps(login))
    with pytest.raises(ConfigError, match=r"woocommerce GET .*401 .*signature does not match"):
        extract("woocommerce", "orders", NIGHT)
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


def test_notices_of_php_are_landed_as_received_and_read_past(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cx_etl.sources.woocommerce_lists.PAGE_SIZE", 15)
    for stream in ("orders", "customers"):
        sandbox.spoil(
            {"system": "woocommerce", "path": f"/{stream}", "kind": "prefix", "body": NOTICE, "times": 2},
            {"system": "woocommerce", "path": f"/{stream}", "kind": "prefix", "body": "\ufeff", "times": 99},
        )
        _bring_in(stream)
        expected = sandbox.records(f"woocommerce/{stream}", NOW)
        assert answer(warehouse, f"select count(*) from raw.woocommerce__{stream}") == len(expected)
        (run,) = landing.runs("woocommerce", stream, NIGHT)
        bodies = [body for _, _, body in run.pages()]
        assert sum(body.startswith(NOTICE.encode()) for body in bodies) == 2


def test_a_cut_answer_behind_a_notice_is_no_short_answer(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut where an empty list inside an order ends: what is left must not be taken for an empty page."""
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "1")
    body = f'{NOTICE}[{{"id":1,"meta_data":[]'
    sandbox.spoil({"system": "woocommerce", "path": "/orders", "kind": "status", "status": 200, "body": body})
    with pytest.raises(RetriableError, match="the answer is not what the vendor documents"):
        extract("woocommerce", "orders", NIGHT)
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


def _answer(rows: list[dict[str, Any]], headers: dict[str, str], after: str = "2026-11-20T00:00:00") -> Answer:
    (request, _) = woocommerce.SOURCE.stream("orders").start(Window(at(after), at(after)))
    return Answer(request, json.dumps(rows).encode(), headers)


COUNTED = {"X-WP-Total": "1", "X-WP-TotalPages": "1"}


def test_a_site_that_ignores_the_filter_is_named() -> None:
    read = woocommerce.SOURCE.stream("orders").read
    early = _answer([_order(5, at("2026-11-18 10:00"))], COUNTED)
    with pytest.raises(RetriableError, match="record 5 is not of the page that was asked for") as caught:
        read(early)
    assert "the site ignores modified_after" in caught.value.next_step
    assert read(_answer([_order(5, at("2026-11-20 10:00"))], COUNTED)).records == 1


def test_counts_that_a_proxy_took_away_are_named() -> None:
    with pytest.raises(DataError, match="the answer has no X-WP-TotalPages"):
        woocommerce.SOURCE.stream("orders").read(_answer([], {"X-WP-Total": "0"}))


REFUNDED: dict[str, Lines] = {
    "woocommerce/orders": [
        line(at("2026-11-18 10:00"), _order(1, at("2026-11-18 10:00"))),
        line(at("2026-11-19 10:00"), _order(1, at("2026-11-19 10:00"), refunds=[
            _refund(91, 1, at("2026-11-19 10:00")), _refund(92, 1, at("2026-11-19 10:00"))])),
        line(at("2026-11-19 11:00"), _order(2, at("2026-11-19 11:00"), "trash",
                                            refunds=[_refund(93, 2, at("2026-11-19 09:00"))])),
        line(at("2026-11-19 12:00"), _order(3, at("2026-11-19 12:00"))),
    ],
    "woocommerce/refunds": [
        line(at("2026-11-19 09:00"), _refund(93, 2, at("2026-11-19 09:00"))),
        line(at("2026-11-19 10:00"), _refund(91, 1, at("2026-11-19 10:00"))),
        line(at("2026-11-19 10:00"), _refund(92, 1, at("2026-11-19 10:00"))),
        gone(at("2026-11-20 15:00"), 92),
    ],
}  # fmt: skip


@pytest.mark.parametrize("has_route", ["true", "false"])
def test_refunds_come_from_either_route(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_route: str
) -> None:
    settings = f"[woocommerce]\nhas_refunds_route = {has_route}\n"
    monkeypatch.setattr("cx_etl.sources.woocommerce_lists.PAGE_SIZE", 1)
    with own_world(tmp_path / "world", REFUNDED, monkeypatch, settings) as site:
        site.at_end_of(date(2026, 11, 19))
        report = extract("woocommerce", "refunds", date(2026, 11, 19))
        load("woocommerce", "refunds", date(2026, 11, 19))
        belongs = "select string_agg(id || '>' || coalesce(parent_id, order_id), ' ' order by id)"
        assert answer(warehouse, f"{belongs} from raw.woocommerce__refunds") == "91>1 92>1 93>2"
        noted = "select coalesce(array_to_string(notes, ''), '') from ops.loads"
        assert ("asked for those of each changed order" in answer(warehouse, noted)) == (has_route == "false")
        assert report.notes == tuple(filter(None, [answer(warehouse, noted)]))
        site.at_end_of(NIGHT)
        _bring_in("refunds")
    assert _column(warehouse, "select id from raw.woocommerce__refunds where _deleted_at is not null") == [92]


def test_a_refund_that_did_not_touch_its_order_arrives(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid_back = _refund(91, 1, at("2026-11-20 10:00"))
    streams: dict[str, Lines] = {
        "woocommerce/orders": [
            line(at("2026-10-02 10:00"), _order(1, at("2026-10-02 10:00"))),
            line(at("2026-11-20 10:00"), _order(1, at("2026-10-02 10:00"), refunds=[paid_back])),
        ],
        "woocommerce/refunds": [line(at("2026-11-20 10:00"), paid_back)],
    }
    with own_world(tmp_path / "world", streams, monkeypatch) as site:
        for night in (NIGHT - timedelta(days=1), NIGHT):
            site.at_end_of(night)
            for stream in ("orders", "refunds"):
                _bring_in(stream, night)
        assert answer(warehouse, "select count(*) from raw.woocommerce__orders__refunds") == 0
        assert _column(warehouse, "select id from raw.woocommerce__refunds") == [91]
        # The order itself tells of it after the weekly walk.
        reconcile("woocommerce", "orders")
    assert answer(warehouse, "select count(*) from raw.woocommerce__orders__refunds") == 1


def _people(count: int) -> Lines:
    return [line(at("2026-11-01 08:00"), _customer(number, at("2026-11-01 08:00"))) for number in range(1, count + 1)]


def test_customers_are_read_whole_and_those_that_are_gone_are_marked(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        *_people(5),
        gone(at("2026-11-20 09:00"), 2),
        # Changed without a later modified time.
        line(at("2026-11-20 09:00"), _customer(3, at("2026-11-01 08:00"), name="Łucja Nowa")),
    ]
    with own_world(tmp_path / "world", {"woocommerce/customers": lines}, monkeypatch) as site:
        for night in (NIGHT - timedelta(days=1), NIGHT):
            site.at_end_of(night)
            report = _bring_in("customers", night)
    assert (report.new, report.changed, report.deleted) == (0, 1, 1)
    assert _column(warehouse, "select id from raw.woocommerce__customers where _deleted_at is not null") == [2]
    assert answer(warehouse, "select first_name from raw.woocommerce__customers where id = 3") == "Łucja"


@pytest.fixture
def crowd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Forty customers; at four and at six in the morning the first one goes and another comes."""
    lines = _people(40)
    for number, moment in enumerate((at("2026-11-21 04:00"), at("2026-11-21 06:00")), start=1):
        lines += [gone(moment, number), line(moment, _customer(40 + number, moment))]
    monkeypatch.setattr("cx_etl.sources.woocommerce_lists.PAGE_SIZE", 10)
    with own_world(tmp_path / "world", {"woocommerce/customers": lines}, monkeypatch) as site:
        site.at_end_of(NIGHT)
        yield site


def test_rows_that_move_up_while_the_list_is_walked_make_it_start_anew(crowd: Sandbox, warehouse: str) -> None:
    """One goes, one comes: the count stays the same, and a row slips from the next page to the one already read."""
    crowd.spoil({"system": "woocommerce", "path": "/customers", "kind": "advance_clock", "seconds": 7200, "after": 2})
    _bring_in("customers")
    found = _column(warehouse, "select id from raw.woocommerce__customers where _deleted_at is null order by id")
    assert found == list(range(2, 42))
    (given_up, _) = landing.runs("woocommerce", "customers", NIGHT)
    assert "has moved to another page" in (given_up.path / "abandoned.txt").read_text()


def test_rows_that_never_stand_still_fail_the_stream(crowd: Sandbox, warehouse: str) -> None:
    # In the third request of either walk; a request that one rule strikes is not counted by the other.
    rule = {"system": "woocommerce", "path": "/customers", "kind": "advance_clock", "seconds": 7200}
    crowd.spoil(rule | {"after": 2}, rule | {"after": 4})
    with pytest.raises(RestartError, match=r"record \d+ has moved to another page"):
        extract("woocommerce", "customers", NIGHT)
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


def test_what_the_doctor_asks(sandbox: Sandbox, tmp_path: Path) -> None:
    from cx_etl.doctor import examine

    findings = {each.question: each for each in examine(("woocommerce",)) if each.subject == "woocommerce"}
    assert all(each.is_good for each in findings.values()), findings
    assert findings["filter by time"].answer == "the site filters by modified time"
    assert findings["refunds"].answer == "all of them in one list"
    assert findings["customers"].answer.endswith("can be read")


def test_a_refused_parameter_is_named(sandbox: Sandbox, warehouse: str) -> None:
    """As sites before 5.8 refuse to sort by modified time."""
    told = {"code": "rest_invalid_param", "message": "Invalid parameter(s): orderby", "data": {"status": 400}}
    sandbox.spoil({"system": "woocommerce", "path": "/orders", "kind": "status", "status": 400, "body": told})
    with pytest.raises(CxError, match=r"400 .*Invalid parameter\(s\): orderby"):
        extract("woocommerce", "orders", NIGHT)
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0
