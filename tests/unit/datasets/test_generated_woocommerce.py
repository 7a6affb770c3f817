"""The generated WooCommerce site: what a real one would hold, and every trap."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dataset_files import lines, newest, versions

from sandbox.generate import generate

SITE = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("generated") / "set"
    generate(out, seed=7, customers=300, nights=240)
    return out


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_small_world_has_enough_of_each(tmp_path: Path) -> None:
    records = generate(tmp_path / "small", seed=11, customers=60, nights=120, time_zone="UTC").records
    assert records["woocommerce/orders"] > 150
    assert records["woocommerce/refunds"] > 40
    assert records["woocommerce/customers"] > 30
    assert records["woocommerce/products"] >= 6


@pytest.mark.parametrize("stream", ["orders", "refunds", "customers", "products"])
def test_every_time_is_told_twice_and_none_lies_ahead(dataset: Path, stream: str) -> None:
    for line in versions(dataset, f"woocommerce/{stream}"):
        for name in ("date_created", "date_modified", "date_paid", "date_completed"):
            gmt = line.record.get(f"{name}_gmt")
            if gmt:
                assert datetime.fromisoformat(line.record[name]) == _utc(gmt).astimezone(SITE).replace(tzinfo=None)
                assert _utc(gmt) <= line.at


def test_an_orders_modified_time_is_that_of_its_version(dataset: Path) -> None:
    counted = Counter(line.id for line in versions(dataset, "woocommerce/orders"))
    assert max(counted.values()) >= 5
    assert all(_utc(line.record["date_modified_gmt"]) == line.at for line in versions(dataset, "woocommerce/orders"))


def test_a_refund_is_in_its_order_from_the_same_moment(dataset: Path) -> None:
    told: dict[int, datetime] = {}
    for line in versions(dataset, "woocommerce/orders"):
        for each in line.record["refunds"]:
            told.setdefault(each["id"], line.at)
    refunds = list(versions(dataset, "woocommerce/refunds"))
    assert len(refunds) > 40
    assert all(told[line.id] == line.at for line in refunds)


def test_what_goes_for_good_goes_on_a_first(dataset: Path) -> None:
    for stream, least in (("orders", 8), ("customers", 1)):
        ends = [line.at for line in lines(dataset, f"woocommerce/{stream}") if line.line.get("deleted")]
        assert len(ends) >= least
        assert {at.astimezone(ZoneInfo("Europe/Lisbon")).day for at in ends} == {1}
    living = {order["id"] for order in newest(dataset, "woocommerce/orders")}
    assert {refund["parent_id"] for refund in newest(dataset, "woocommerce/refunds")} <= living


def test_every_trap_is_inside(dataset: Path) -> None:
    orders = [line.record for line in versions(dataset, "woocommerce/orders")]
    latest = newest(dataset, "woocommerce/orders")
    paths: dict[int, list[str]] = {}
    for order in orders:
        paths.setdefault(order["id"], []).append(order["status"])
    ended = {path[-1] for path in paths.values()}
    emails = {order["billing"]["email"] for order in latest}
    late = [
        _utc(line.record["date_created_gmt"]) - _utc(order["date_completed_gmt"])
        for line in versions(dataset, "woocommerce/refunds")
        for order in latest
        if order["id"] == line.record["parent_id"]
    ]
    traps = {
        "guest": any(order["customer_id"] == 0 for order in latest),
        "account": any(order["customer_id"] > 0 for order in latest),
        "no address": "" in emails,
        "address with capitals": any(email != email.lower() for email in emails),
        "address with blanks": any(email != email.strip() for email in emails),
        "in the trash": any(order["status"] == "trash" for order in latest),
        "out of the trash": any("trash" in path and path[-1] != "trash" for path in paths.values()),
        "failed, cancelled, on hold": {"failed", "cancelled", "on-hold"} <= ended,
        "two refunds": any(len(order["refunds"]) == 2 for order in latest),
        "refund after forty days": any(each >= timedelta(days=40) for each in late),
        "negative total": all(refund["total"][0] == "-" for order in latest for refund in order["refunds"]),
        "price is a number": all(isinstance(line["price"], float) for order in latest for line in order["line_items"]),
        "money is text": all(isinstance(order["total"], str) for order in latest),
        "any type of meta data": {type(order["meta_data"][0]["value"]) for order in latest}
        == {str, int, float, bool, type(None), list, dict},
        "other scripts": any("ਸਿੰਘ" in order["billing"]["last_name"] for order in latest),
        "emoji": any("🎁" in order["customer_note"] for order in latest),
        "staff among customers": any(c["role"] != "customer" for c in newest(dataset, "woocommerce/customers")),
    }  # fmt: skip
    assert not [name for name, is_there in traps.items() if not is_there]
