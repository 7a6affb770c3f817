"""WooCommerce, from the site's API to the raw tables: what exists arrives, what is gone is marked."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from own_world import Lines, at, gone, line, own_world
from shop import NIGHT, NOW, bring_in, column, customer_record, order_record, people, refund_record

from cx_etl.connections import Connection
from cx_etl.errors import ConfigError
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.reconcile import reconcile
from cx_etl.sources import woocommerce
from raw_state import answer
from sandboxes import Sandbox


@pytest.mark.parametrize("stream", ["orders", "refunds", "customers", "products"])
def test_what_exists_arrives(sandbox: Sandbox, warehouse: str, stream: str) -> None:
    report = bring_in(stream)
    expected = sandbox.records(f"woocommerce/{stream}", NOW)
    assert len(expected) > 5
    assert set(column(warehouse, f"select id from raw.woocommerce__{stream}")) == set(expected)
    assert report.rejected == 0


def test_orders_arrive_with_their_parts_and_their_times_are_utc(sandbox: Sandbox, warehouse: str) -> None:
    bring_in("orders")
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
    negative = column(warehouse, "select total from raw.woocommerce__orders__refunds")
    assert max(negative) < 0


def test_what_lies_in_the_trash_is_deleted_and_may_come_back(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        line(at("2026-11-18 10:00"), order_record(1, at("2026-11-18 10:00"))),
        line(at("2026-11-19 10:00"), order_record(1, at("2026-11-19 10:00"), "trash", customer=7)),
        line(at("2026-11-20 10:00"), order_record(1, at("2026-11-20 10:00"), "completed")),
    ]
    told = []
    with own_world(tmp_path / "world", {"woocommerce/orders": lines}, monkeypatch) as site:
        for day in (18, 19, 20):
            site.at_end_of(date(2026, 11, day))
            bring_in("orders", date(2026, 11, day))
            told += column(warehouse, "select status || coalesce(' ' || _deleted_at, '') from raw.woocommerce__orders")
    assert told == ["completed", "trash 2026-11-19 10:00:00+00", "completed"]


def test_an_order_deleted_for_good_is_found_by_the_weekly_walk(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line(at(f"2026-11-{day} 10:00"), order_record(day, at(f"2026-11-{day} 10:00"))) for day in range(10, 20)]
    lines.append(gone(at("2026-11-20 09:00"), 12))
    with own_world(tmp_path / "world", {"woocommerce/orders": lines}, monkeypatch) as site:
        for night in (NIGHT - timedelta(days=1), NIGHT):
            site.at_end_of(night)
            bring_in("orders", night)
        living = "select count(*) from raw.woocommerce__orders where _deleted_at is null"
        assert answer(warehouse, living) == 10
        report = reconcile("woocommerce", "orders")
    assert (report.walked, report.missed_new, report.missed_changes, report.missed_deletes) == (9, 0, 0, 1)
    assert column(warehouse, "select id from raw.woocommerce__orders where _deleted_at is not null") == [12]


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


REFUNDED: dict[str, Lines] = {
    "woocommerce/orders": [
        line(at("2026-11-18 10:00"), order_record(1, at("2026-11-18 10:00"))),
        line(at("2026-11-19 10:00"), order_record(1, at("2026-11-19 10:00"), refunds=[
            refund_record(91, 1, at("2026-11-19 10:00")), refund_record(92, 1, at("2026-11-19 10:00"))])),
        line(at("2026-11-19 11:00"), order_record(2, at("2026-11-19 11:00"), "trash",
                                            refunds=[refund_record(93, 2, at("2026-11-19 09:00"))])),
        line(at("2026-11-19 12:00"), order_record(3, at("2026-11-19 12:00"))),
    ],
    "woocommerce/refunds": [
        line(at("2026-11-19 09:00"), refund_record(93, 2, at("2026-11-19 09:00"))),
        line(at("2026-11-19 10:00"), refund_record(91, 1, at("2026-11-19 10:00"))),
        line(at("2026-11-19 10:00"), refund_record(92, 1, at("2026-11-19 10:00"))),
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
        bring_in("refunds")
    assert column(warehouse, "select id from raw.woocommerce__refunds where _deleted_at is not null") == [92]


def test_a_refund_that_did_not_touch_its_order_arrives(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid_back = refund_record(91, 1, at("2026-11-20 10:00"))
    streams: dict[str, Lines] = {
        "woocommerce/orders": [
            line(at("2026-10-02 10:00"), order_record(1, at("2026-10-02 10:00"))),
            line(at("2026-11-20 10:00"), order_record(1, at("2026-10-02 10:00"), refunds=[paid_back])),
        ],
        "woocommerce/refunds": [line(at("2026-11-20 10:00"), paid_back)],
    }
    with own_world(tmp_path / "world", streams, monkeypatch) as site:
        for night in (NIGHT - timedelta(days=1), NIGHT):
            site.at_end_of(night)
            for stream in ("orders", "refunds"):
                bring_in(stream, night)
        assert answer(warehouse, "select count(*) from raw.woocommerce__orders__refunds") == 0
        assert column(warehouse, "select id from raw.woocommerce__refunds") == [91]
        # The order itself tells of it after the weekly walk.
        reconcile("woocommerce", "orders")
    assert answer(warehouse, "select count(*) from raw.woocommerce__orders__refunds") == 1


def test_customers_are_read_whole_and_those_that_are_gone_are_marked(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        *people(5),
        gone(at("2026-11-20 09:00"), 2),
        # Changed without a later modified time.
        line(at("2026-11-20 09:00"), customer_record(3, at("2026-11-01 08:00"), name="Łucja Nowa")),
    ]
    with own_world(tmp_path / "world", {"woocommerce/customers": lines}, monkeypatch) as site:
        for night in (NIGHT - timedelta(days=1), NIGHT):
            site.at_end_of(night)
            report = bring_in("customers", night)
    assert (report.new, report.changed, report.deleted) == (0, 1, 1)
    assert column(warehouse, "select id from raw.woocommerce__customers where _deleted_at is not null") == [2]
    assert answer(warehouse, "select first_name from raw.woocommerce__customers where id = 3") == "Łucja"


def test_what_the_doctor_asks(sandbox: Sandbox, tmp_path: Path) -> None:
    from cx_etl.doctor import examine

    findings = {each.question: each for each in examine(("woocommerce",)) if each.subject == "woocommerce"}
    assert all(each.is_good for each in findings.values()), findings
    assert findings["filter by time"].answer == "the site filters by modified time"
    assert findings["refunds"].answer == "all of them in one list"
    assert findings["customers"].answer.endswith("can be read")
