"""Shopify: what exists arrives, whatever its size, and each way in which it could get lost without a word."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from cx_etl import landing
from cx_etl.errors import DataError, RestartError, RetriableError
from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from cx_etl.reconcile import reconcile
from cx_etl.sources import shopify
from raw_state import answer
from sandbox.records.shopify import gid
from sandboxes import Sandbox, serving
from small_shopify import (
    ACCOUNT_DELETED,
    CANCELLED,
    DELETED,
    EDITED,
    FOREIGN,
    GUEST,
    HUGE,
    IMPORTED,
    LINES,
    NIGHT_END,
    PARCELS,
    REFUNDED_LATE,
    REFUNDS,
    SCANS,
    UNDATED,
    make_lines,
    parts,
    write_world,
)

NIGHT = date(2026, 11, 20)
NOW = NIGHT_END + timedelta(hours=2)
STREAMS = tuple(stream.name for stream in shopify.STREAMS)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("shopify") / "awkward", make_lines())


@pytest.fixture
def shop(world: Path, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The awkward shop, after its last night."""
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
    with serving(world) as server:
        server.connect(monkeypatch)
        server.at_end_of(NIGHT)
        yield server


def bring_in(stream: str, night: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    return extract("shopify", stream, night), load("shopify", stream, night)


def rows(dsn: str, sql: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        return connection.execute(sql).fetchall()


def keys(dsn: str, table: str, *columns: str) -> list[tuple[Any, ...]]:
    listed = ", ".join(f'"{column}"' for column in columns)
    with psycopg.connect(dsn) as connection:
        return sorted(connection.execute(f"select {listed} from raw.{table}").fetchall())


def orders_of(shop: Sandbox) -> list[dict[str, Any]]:
    return list(shop.records("shopify/orders", NOW).values())


def the_order(dsn: str, number: int) -> dict[str, Any]:
    (row,) = rows(dsn, f"select * from raw.shopify__orders where id = '{gid('Order', number)}'")
    return row


def is_empty(dsn: str, table: str) -> bool:
    return answer(dsn, f"select (select count(*) from raw.{table}) + (select count(*) from ops.watermarks)") == 0


def test_an_order_with_300_lines_120_parcels_and_120_refunds_is_cut_nowhere(shop: Sandbox, warehouse: str) -> None:
    """A peer's inner lists end at about 100 entries."""
    bring_in("orders")
    huge = f"\"__parentId\" = '{gid('Order', HUGE)}'"
    assert answer(warehouse, f"select count(*) from raw.shopify__line_items where {huge}") == LINES
    for table, count in (("fulfillments", PARCELS), ("refunds", REFUNDS)):
        inside = f"select count(*) from raw.shopify__orders__{table} where _parent_key = '{gid('Order', HUGE)}'"
        assert answer(warehouse, inside) == count
    assert the_order(warehouse, HUGE)["fulfillmentsCount__count"] == PARCELS


@pytest.mark.parametrize(("orders_per_page", "parts_per_request"), [(1, 1), (7, 20), (250, 20)])
def test_parts_asked_for_by_id_lose_and_double_nothing(
    shop: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, orders_per_page: int, parts_per_request: int
) -> None:
    monkeypatch.setattr(shopify, "ORDERS_PER_PAGE", orders_per_page)
    monkeypatch.setattr(shopify, "PARTS_PER_REQUEST", parts_per_request)
    orders = orders_of(shop)
    for stream, inner, table, inner_table in (
        ("fulfillments", "events", "shopify__fulfillments", "shopify__fulfillment_events"),
        ("refunds", "refundLineItems", "shopify__refunds", "shopify__refund_line_items"),
    ):
        report, _ = bring_in(stream)
        expected = [(part["id"], order) for order, part in parts(orders, stream)]
        records = [part for _, part in parts(orders, stream)]
        nested = [(part["id"], owner) for owner, part in parts(records, inner)]
        assert keys(warehouse, table, "id", "order__id") == sorted(expected)
        assert keys(warehouse, inner_table, "id", "__parentId") == sorted(nested)
        assert report.records == len(expected) + len(nested)
        # The list of one refund, and of one parcel, does not end on the page.
        assert len(nested) > 2 * 100


def test_scans_and_tracking_numbers_arrive_as_they_are(shop: Sandbox, warehouse: str) -> None:
    bring_in("fulfillments")
    (parcel,) = [part for _, part in parts(orders_of(shop), "fulfillments") if len(part["events"]["nodes"]) == SCANS]
    found = rows(warehouse, f"select * from raw.shopify__fulfillment_events where \"__parentId\" = '{parcel['id']}'")
    told = {event["id"]: event for event in parcel["events"]["nodes"]}
    assert len(found) == SCANS
    for row in found:
        event = told[row["id"]]
        assert (row["status"], row["city"]) == (event["status"], event["city"])
        assert row["happenedAt"] == datetime.fromisoformat(event["happenedAt"])
        assert row["createdAt"] == datetime.fromisoformat(event["createdAt"])
    numbers = f"select company, number from raw.shopify__fulfillments__tracking where _parent_key = '{parcel['id']}'"
    assert [tuple(row.values()) for row in rows(warehouse, f"{numbers} order by _position")] == [
        (tracking["company"], tracking["number"]) for tracking in parcel["trackingInfo"]
    ]


def test_returns_bring_their_lines_and_reverse_orders_to_the_right_parents(shop: Sandbox, warehouse: str) -> None:
    """Lines of a bulk file do not stand behind their parents, and the orders in it are no records of the stream."""
    report, loaded = bring_in("returns")
    orders = orders_of(shop)
    returns = [part for _, part in parts(orders, "returns")]
    assert keys(warehouse, "shopify__returns", "id", "order__id") == sorted(
        (part["id"], order) for order, part in parts(orders, "returns")
    )
    for name, table in (
        ("returnLineItems", "shopify__return_line_items"),
        ("reverseFulfillmentOrders", "shopify__reverse_fulfillment_orders"),
    ):
        expected = [(part["id"], owner) for owner, part in parts(returns, name)]
        assert expected
        assert keys(warehouse, table, "id", "__parentId") == sorted(expected)
    assert loaded.read == loaded.new == report.records
    # One that the store has not verified is a line too, and one that was declined a return.
    assert answer(warehouse, "select count(*) from raw.shopify__return_line_items where id like '%Unverified%'") == 1
    assert rows(warehouse, "select decline__reason from raw.shopify__returns where status = 'DECLINED'") == [
        {"decline__reason": "FINAL_SALE"}
    ]


def test_closed_fulfillment_orders_come_too(shop: Sandbox, warehouse: str) -> None:
    """A peer leaves them out by default, and with them every delivery."""
    bring_in("fulfillment_orders")
    expected = shop.records("shopify/fulfillment_orders", NOW)
    statuses = dict(keys(warehouse, "shopify__fulfillment_orders", "id", "status"))
    assert statuses == {key: record["status"] for key, record in expected.items()}
    assert list(statuses.values()).count("CLOSED") == 10
    served = [(part["id"], owner) for owner, part in parts(list(expected.values()), "fulfillments")]
    assert keys(warehouse, "shopify__fulfillment_order_fulfillments", "id", "__parentId") == sorted(served)
    assert answer(warehouse, "select count(*) from raw.shopify__fulfillment_orders__holds") == 10


def test_abandoned_checkouts_come_with_their_lines_and_say_when_they_were_completed(
    shop: Sandbox, warehouse: str
) -> None:
    bring_in("abandoned_checkouts")
    expected = list(shop.records("shopify/abandoned_checkouts", NOW).values())
    assert keys(warehouse, "shopify__abandoned_checkouts", "id") == sorted((record["id"],) for record in expected)
    assert keys(warehouse, "shopify__abandoned_checkout_lines", "id", "__parentId") == sorted(
        (part["id"], owner) for owner, part in parts(expected, "lineItems")
    )
    completed = 'select count(*) from raw.shopify__abandoned_checkouts where "completedAt" is not null'
    assert answer(warehouse, completed) == 1


def test_a_refund_40_days_after_the_order_reaches_its_rows(shop: Sandbox, warehouse: str) -> None:
    """A peer re-reads one month, so that a later refund never reaches the rows of its order."""
    before = NIGHT - timedelta(days=1)
    shop.at_end_of(before)
    for stream in ("orders", "refunds"):
        bring_in(stream, before)
    assert the_order(warehouse, REFUNDED_LATE)["totalRefundedSet__shopMoney__amount"] == 0
    shop.at_end_of(NIGHT)
    for stream in ("orders", "refunds"):
        bring_in(stream)
    found = the_order(warehouse, REFUNDED_LATE)
    assert str(found["totalRefundedSet__shopMoney__amount"]) == "39.90"
    assert (found["updatedAt"] - found["createdAt"]).days >= 40
    joined = """
        select lines.quantity from raw.shopify__refunds as refunds
        inner join raw.shopify__refund_line_items as lines on lines."__parentId" = refunds.id
        inner join raw.shopify__orders__refunds as listed on listed.id = refunds.id
        where refunds."order__id" = listed._parent_key and refunds._night = '2026-11-20'
    """
    assert rows(warehouse, joined) == [{"quantity": 1}]


def test_an_order_edited_between_two_pages_is_neither_lost_nor_stale(
    shop: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shopify, "ORDERS_PER_PAGE", 3)
    edited = datetime(2026, 11, 20, 15, 1, tzinfo=UTC)
    before = NIGHT - timedelta(days=1)
    shop.at_end_of(before)
    # After the second page was listed the clock jumps past the first edit, and past the second before the last page.
    for seconds, after in (((edited - NIGHT_END).total_seconds() + 22 * 3600, 3), (120, 6)):
        shop.spoil(
            {"system": "shopify", "path": "graphql", "kind": "advance_clock", "seconds": seconds, "after": after}
        )
    bring_in("fulfillments", before)
    assert shop.struck() == 2
    (parcel,) = [part for _, part in parts(orders_of(shop), "fulfillments") if part["id"].endswith("/10900")]
    scans = f"select count(*) from raw.shopify__fulfillment_events where \"__parentId\" = '{parcel['id']}'"
    assert answer(warehouse, scans) == len(parcel["events"]["nodes"]) == 5
    living = [part["id"] for _, part in parts(orders_of(shop), "fulfillments")]
    assert {key for (key,) in keys(warehouse, "shopify__fulfillments", "id")} >= set(living)


def test_people_who_are_guests_or_gone_leave_their_orders_behind(shop: Sandbox, warehouse: str) -> None:
    bring_in("orders")
    bring_in("customers")
    gone, guest = the_order(warehouse, ACCOUNT_DELETED), the_order(warehouse, GUEST)
    assert (gone["customer__id"], gone["email"]) == (None, f"customer.{ACCOUNT_DELETED}@mail.example")
    assert (guest["customer__id"], guest["email"]) == (None, None)
    assert keys(warehouse, "shopify__customers", "id") == sorted(
        (key,) for key in shop.records("shopify/customers", NOW)
    )


def test_times_and_numbers_that_are_not_what_one_expects(shop: Sandbox, warehouse: str) -> None:
    bring_in("orders")
    bring_in("refunds")
    bring_in("customers")
    imported = the_order(warehouse, IMPORTED)
    assert imported["processedAt"] == datetime(2019, 3, 1, 8, tzinfo=UTC) < imported["createdAt"]
    undated = (
        f'select "createdAt", "processedAt" from raw.shopify__refunds where order__id = \'{gid("Order", UNDATED)}\''
    )
    (refund,) = rows(warehouse, undated)
    assert refund["createdAt"] is None
    assert refund["processedAt"] is not None
    # Whole numbers beyond 32 bits come as text, amounts as text with decimals.
    (person,) = rows(warehouse, f"select * from raw.shopify__customers where id = '{gid('Customer', FOREIGN)}'")
    assert person["numberOfOrders"] == 2**40
    assert str(person["amountSpent__amount"]) == "1234567890.12"
    assert person["displayName"] == "عائشہ خان"
    assert person["defaultEmailAddress__marketingState"] == "UNSUBSCRIBED"
    assert person["defaultPhoneNumber__smsMarketingConsent__state"] == "SUBSCRIBED"


def test_both_currencies_arrive_under_their_codes(shop: Sandbox, warehouse: str) -> None:
    bring_in("orders")
    foreign = the_order(warehouse, FOREIGN)
    price = "totalPriceSet__{}Money__{}"
    assert (foreign["currencyCode"], foreign["presentmentCurrencyCode"]) == ("EUR", "GBP")
    assert str(foreign[price.format("shop", "amount")]) == "44.80"
    assert str(foreign[price.format("presentment", "amount")]) == "38.53"
    assert foreign[price.format("shop", "currencyCode")] == "EUR"
    assert foreign[price.format("presentment", "currencyCode")] == "GBP"
    assert foreign["shippingAddress__city"] == "لاہور"
    cancelled = the_order(warehouse, CANCELLED)
    assert (cancelled["cancelReason"], cancelled["cancellation__staffNote"]) == ("FRAUD", "fraude")
    edited = the_order(warehouse, EDITED)
    assert (edited["edited"], edited["tags"]) == (True, ["ok"])


def test_a_deleted_order_is_found_by_the_weekly_walk(shop: Sandbox, warehouse: str) -> None:
    """It disappears from every answer: a night cannot see it, a walk over the window it was last changed in can."""
    before = NIGHT - timedelta(days=1)
    for night in (before, NIGHT):
        shop.at_end_of(night)
        for stream in ("orders", "fulfillments"):
            bring_in(stream, night)
    gone = "select count(*) from raw.shopify__{} where _deleted_at is not null"
    assert answer(warehouse, gone.format("orders")) == answer(warehouse, gone.format("fulfillments")) == 0
    for stream in ("orders", "fulfillments"):
        assert reconcile("shopify", stream).missed_deletes == 1
    assert the_order(warehouse, DELETED)["_deleted_at"] is not None
    assert answer(warehouse, gone.format("orders")) == answer(warehouse, gone.format("fulfillments")) == 1


def test_an_export_without_rows_has_no_file_and_is_a_night_like_any_other(shop: Sandbox, warehouse: str) -> None:
    for night in (NIGHT - timedelta(days=1), NIGHT):
        shop.at_end_of(night)
        report, loaded = bring_in("abandoned_checkouts", night)
    assert (report.records, report.pages, loaded.new) == (0, 0, 0)
    assert answer(warehouse, "select max(watermark_at) from ops.watermarks") == NIGHT_END


def test_the_partial_file_of_a_failed_export_is_never_loaded(shop: Sandbox, warehouse: str) -> None:
    shop.spoil({"system": "shopify", "path": "_bulk", "kind": "bulk_failed", "error_code": "TIMEOUT", "times": 2})
    with pytest.raises(RestartError, match=r"shopify bulk export ended as FAILED \(TIMEOUT\)"):
        bring_in("orders")
    assert is_empty(warehouse, "shopify__orders")
    assert not any(run.is_resumable or run.is_finished for run in landing.runs("shopify", "orders", NIGHT))
    _, loaded = bring_in("orders")
    assert loaded.new > 0


def test_a_file_that_has_expired_is_exported_anew(shop: Sandbox, warehouse: str) -> None:
    """The file could not be had for days; its address ends after seven of them."""
    shop.spoil({"system": "shopify", "path": "_bulk/", "kind": "status", "status": 503, "times": 3})
    with pytest.raises(RetriableError, match="503"):
        bring_in("customers")
    assert is_empty(warehouse, "shopify__customers")
    shop.set_clock(NOW + timedelta(days=8))
    report, loaded = bring_in("customers")
    assert loaded.new == 9
    assert not report.resumed
    first, second = landing.runs("shopify", "customers", NIGHT)
    assert "ExpiredToken" in (first.path / "abandoned.txt").read_text()
    assert second.is_finished


def test_an_operation_that_the_vendor_no_longer_knows_is_started_anew(
    shop: Sandbox, warehouse: str, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.spoil({"system": "shopify", "path": "graphql", "kind": "status", "status": 503, "times": 3, "after": 1})
    with pytest.raises(RetriableError, match="503"):
        bring_in("customers")
    with serving(world) as another:
        another.connect(monkeypatch)
        another.at_end_of(NIGHT)
        assert bring_in("customers")[1].new == 9


def test_a_line_that_lost_its_parent_does_not_pass_for_an_order(shop: Sandbox, warehouse: str) -> None:
    """As many lines as counted, but not as many roots."""
    spoilt = {"kind": "malform", "field": "__parentId", "value": "gid://shopify/Order/1", "times": 3}
    shop.spoil({"system": "shopify", "path": "_bulk/", **spoilt})
    with pytest.raises(RetriableError, match=r"holds \d+ records without a parent, \d+ were counted"):
        bring_in("customers")
    assert is_empty(warehouse, "shopify__customers")


@pytest.mark.parametrize("keep_length", [True, False])
def test_a_file_cut_in_mid_line_is_fetched_again_and_a_lasting_cut_is_no_quiet_night(
    shop: Sandbox, warehouse: str, keep_length: bool
) -> None:
    cut = {"system": "shopify", "path": "_bulk/", "kind": "cut_body", "keep_length": keep_length}
    shop.spoil({**cut, "times": 3})
    with pytest.raises(RetriableError, match="shopify"):
        bring_in("orders")
    assert is_empty(warehouse, "shopify__orders")
    shop.spoil(cut)
    assert bring_in("orders")[1].new > 0


def test_a_part_that_is_listed_and_not_answered_is_asked_for_again(shop: Sandbox, warehouse: str) -> None:
    shop.spoil({"system": "shopify", "path": "graphql", "kind": "withhold", "after": 1})
    report, _ = bring_in("fulfillments")
    expected = [part["id"] for _, part in parts(orders_of(shop), "fulfillments")]
    assert [key for (key,) in keys(warehouse, "shopify__fulfillments", "id")] == sorted(expected)
    assert report.calls > report.pages
    shop.spoil({"system": "shopify", "path": "graphql", "kind": "withhold", "after": 1, "times": 3})
    with pytest.raises(RetriableError, match="are not those asked for"):
        extract("shopify", "fulfillments", NIGHT)


def test_a_sixth_export_waits_until_a_place_is_free(
    shop: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.shopify_bulk.UNATTENDED_SECONDS", 1.5)
    query = "{ customers { edges { node { id } } } }"
    start = f'mutation {{ bulkOperationRunQuery(query: "{query}") {{ bulkOperation {{ id }} }} }}'
    url = f"{shop.url}/shopify/admin/api/2026-10/graphql.json"
    for _ in range(5):
        httpx.post(url, json={"query": start}, headers={"X-Shopify-Access-Token": "t"}).raise_for_status()
    started = time.monotonic()
    report, loaded = bring_in("customers")
    assert loaded.new == 9
    assert time.monotonic() - started > 0.3
    # Start, twice the state, the file; and one start for each refusal.
    assert report.calls > 4


def test_all_streams_side_by_side_within_the_vendors_limits(
    world: Path, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five exports and two walks share one bucket of points."""
    monkeypatch.setattr("sandbox.shopify.BUCKET_POINTS", 1000.0)
    monkeypatch.setattr("sandbox.shopify.RESTORED_POINTS", 1000.0)
    with serving(world, limited=True) as server, ThreadPoolExecutor(len(STREAMS)) as pool:
        server.connect(monkeypatch)
        server.at_end_of(NIGHT)
        reports = list(pool.map(lambda stream: extract("shopify", stream, NIGHT), STREAMS))
        assert threading.active_count() > len(STREAMS)
    for stream, report in zip(STREAMS, reports, strict=True):
        assert report.records > 0, stream
        assert load("shopify", stream, NIGHT).read == report.records


def test_a_walk_keeps_within_the_points_instead_of_running_into_the_throttle(
    world: Path, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bucket holds one page's price: without waiting for it to fill, every other page would be refused."""
    monkeypatch.setattr("sandbox.shopify.BUCKET_POINTS", 110.0)
    with serving(world, limited=True) as server:
        server.connect(monkeypatch)
        server.at_end_of(NIGHT)
        report = extract("shopify", "fulfillments", NIGHT)
    (run,) = landing.runs("shopify", "fulfillments", NIGHT)
    assert run.manifest().quota_used > 3 * 110
    assert report.calls == len(run.steps()) - 1


def test_a_query_that_the_vendor_refuses_is_an_error_that_lasts(
    shop: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shopify, "ORDERS_PER_PAGE", 251)
    with pytest.raises(DataError, match="first must be between 1 and 250"):
        bring_in("refunds")
    assert is_empty(warehouse, "shopify__refunds")
