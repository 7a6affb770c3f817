"""The generated shop beyond its orders: parcels, returns, refunded lines, fulfillment orders, abandoned checkouts."""

import unicodedata
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dataset_files import lines, newest, time_of, versions

from sandbox.generate import generate


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shop") / "set"
    generate(out, seed=7, customers=600, nights=300)
    return out


def _inside(records: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The entries of a list or connection of all records."""
    found = [record[name]["nodes"] if isinstance(record[name], dict) else record[name] for record in records]
    return [entry for entries in found for entry in entries]


def _traps(dataset: Path) -> dict[str, bool]:
    orders = newest(dataset, "shopify/orders")
    parcels, refunds, returns = (_inside(orders, name) for name in ("fulfillments", "refunds", "returns"))
    scans = _inside(parcels, "events")
    late = [time_of(scan["createdAt"]) - time_of(scan["happenedAt"]) for scan in scans]
    notes = " ".join(str(line["customerNote"]) for line in _inside(returns, "returnLineItems"))
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in notes if letter.isalpha()}
    held = [line for line in versions(dataset, "shopify/fulfillment_orders") if line.record["fulfillmentHolds"]]
    closed = newest(dataset, "shopify/fulfillment_orders")
    checkouts = newest(dataset, "shopify/abandoned_checkouts")
    statuses = {
        each["status"] for line in versions(dataset, "shopify/orders") for each in line.record["returns"]["nodes"]
    }
    return {
        "shown in another currency": any(o["presentmentCurrencyCode"] != o["currencyCode"] for o in orders),
        "edited twice": any(o["edited"] for o in orders),
        "more scans than a page": any(len(parcel["events"]["nodes"]) > 10 for parcel in parcels),
        "scan reported late": max(late) > timedelta(hours=10),
        "attempted delivery": any(scan["status"] == "ATTEMPTED_DELIVERY" for scan in scans),
        "parcel underway": any(parcel["displayStatus"] not in ("DELIVERED", "LABEL_PURCHASED") for parcel in parcels),
        "refund of lines": any(refund["refundLineItems"]["nodes"] for refund in refunds),
        "refund of money alone": any(not refund["refundLineItems"]["nodes"] for refund in refunds),
        "refund without return": any(refund["return"] is None for refund in refunds),
        "refund for a return": any(refund["return"] for refund in refunds),
        "every state of a return": statuses == {"REQUESTED", "OPEN", "CLOSED", "DECLINED"},
        "declined return on an order without return status": any(
            o["returnStatus"] == "NO_RETURN" and o["returns"]["nodes"] for o in orders
        ),
        "returns explained in many scripts": {"LATIN", "ARABIC", "TELUGU"} <= scripts,
        "held fulfillment order": bool(held),
        "closed fulfillment order": any(record["status"] == "CLOSED" for record in closed),
        "checkout completed later": any(checkout["completedAt"] for checkout in checkouts),
        "checkout of a guest": any(checkout["customer"] is None for checkout in checkouts),
        "order deleted": any(line.line.get("deleted") for line in lines(dataset, "shopify/orders")),
        "account deleted": any(line.line.get("deleted") for line in lines(dataset, "shopify/customers")),
    }


def test_every_trap_is_inside(dataset: Path) -> None:
    assert not [name for name, is_there in _traps(dataset).items() if not is_there]


def _times(value: Any) -> list[datetime]:
    """Every past time in a record, whatever it is called; what lies ahead is a promise."""
    if isinstance(value, list):
        return [moment for each in value for moment in _times(each)]
    if not isinstance(value, dict):
        return []
    ahead = ("estimatedDeliveryAt", "maxDeliveryDateTime", "minDeliveryDateTime")
    found = [time_of(text) for key, text in value.items() if text and key.endswith("At") and key not in ahead]
    return found + [moment for each in value.values() for moment in _times(each)]


@pytest.mark.parametrize("stream", ["orders", "customers", "fulfillment_orders", "abandoned_checkouts"])
def test_no_version_knows_its_future_and_none_comes_after_a_deletion(dataset: Path, stream: str) -> None:
    gone: set[str | int] = set()
    for line in lines(dataset, f"shopify/{stream}"):
        assert line.id not in gone
        if line.line.get("deleted"):
            gone.add(line.id)
            continue
        assert max(_times(line.record)) <= line.at
        assert time_of(line.record["updatedAt"]) == line.at


def test_what_is_known_of_an_order_only_grows(dataset: Path) -> None:
    """A later version that lacks a scan, a return or a refund would take it back."""
    known: dict[str | int, Counter[str]] = {}
    for line in versions(dataset, "shopify/orders"):
        sizes = Counter(
            {name: len(_inside([line.record], name)) for name in ("transactions", "fulfillments", "refunds", "returns")}
        )
        sizes["scans"] = len(_inside(line.record["fulfillments"], "events"))
        before = known.get(line.id, Counter())
        assert not before - sizes, line.id
        known[line.id] = sizes


def test_records_inside_records_have_ids_of_their_own(dataset: Path) -> None:
    orders = newest(dataset, "shopify/orders")
    parcels, refunds, returns = (_inside(orders, name) for name in ("fulfillments", "refunds", "returns"))
    for records in (
        *(parcels, refunds, returns),
        _inside(parcels, "events"),
        _inside(refunds, "refundLineItems"),
        _inside(returns, "returnLineItems"),
        _inside(newest(dataset, "shopify/fulfillment_orders"), "lineItems"),
        _inside(newest(dataset, "shopify/abandoned_checkouts"), "lineItems"),
    ):
        ids = [record["id"] for record in records]
        assert len(set(ids)) == len(ids) > 0


def test_a_small_world_has_enough_of_each_stream(tmp_path: Path) -> None:
    done = generate(tmp_path / "small", seed=11, customers=60, nights=120, last_night=date(2026, 11, 20))
    streams = ("orders", "fulfillment_orders", "abandoned_checkouts")
    assert min(done.records[f"shopify/{stream}"] for stream in streams) >= 40
