"""The generated parcels: chains as couriers make them, in all the vendor's ways to write things."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dataset_files import newest, versions

from sandbox.generate import generate

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("generated") / "set"
    generate(out, seed=7, customers=300, nights=240)
    return out


def _paths(dataset: Path, stream: str) -> dict[Any, list[str]]:
    """The statuses of each record, in the order of its versions."""
    paths: dict[Any, list[str]] = {}
    for line in versions(dataset, f"shiprocket/{stream}"):
        path = paths.setdefault(line.id, [])
        if path[-1:] != [line.record["status"]]:
            path.append(line.record["status"])
    return paths


def test_a_small_world_has_enough_of_each(tmp_path: Path) -> None:
    records = generate(tmp_path / "small", seed=11, customers=60, nights=120, time_zone="UTC").records
    for stream, least in {"orders": 100, "shipments": 100, "tracking": 100, "returns": 40, "ndr": 40}.items():
        assert records[f"shiprocket/{stream}"] >= least, stream


def _india(text: str) -> datetime:
    return datetime.strptime(text, "%d %b %Y, %I:%M %p").replace(tzinfo=UTC) - timedelta(hours=5, minutes=30)


def test_an_order_begins_with_its_first_version_and_is_soon_over(dataset: Path) -> None:
    """Lists that know only when something began are read 60 days back."""
    for stream in ("orders", "returns", "ndr"):
        first: dict[Any, datetime] = {}
        for line in versions(dataset, f"shiprocket/{stream}"):
            begun = _india(line.record["created_at"])
            if stream != "ndr":
                assert abs(first.setdefault(line.id, line.at) - begun) < timedelta(minutes=1)
            assert timedelta(minutes=-1) < line.at - begun < 45 * DAY


def test_no_scan_lies_ahead_and_the_newest_comes_first(dataset: Path) -> None:
    for line in versions(dataset, "shiprocket/tracking"):
        scans = [datetime.fromisoformat(scan["date"]) for scan in line.record["shipment_track_activities"]]
        assert scans == sorted(scans, reverse=True)
        assert scans[0].replace(tzinfo=UTC) - timedelta(hours=5, minutes=30) == line.at


def test_chains(dataset: Path) -> None:
    orders, returns, shipments = (_paths(dataset, stream) for stream in ("orders", "returns", "shipments"))
    ways = [" > ".join(path) for path in orders.values()]
    failed = newest(dataset, "shiprocket/ndr")
    chains = {
        "delivered": any(way.endswith("IN TRANSIT > OUT FOR DELIVERY > DELIVERED") for way in ways),
        "delivered at the second attempt": any("UNDELIVERED > OUT FOR DELIVERY > DELIVERED" in way for way in ways),
        "sent back": any("UNDELIVERED > RTO INITIATED > RTO IN TRANSIT > RTO DELIVERED" in way for way in ways),
        "cancelled": any(way.endswith("NEW > CANCELED") for way in ways),
        "without a courier": any("SELF FULFILED > DELIVERED" in way for way in ways),
        "return that goes backwards": any(
            "RETURN PICKUP GENERATED > RETURN PENDING" in " > ".join(path) for path in returns.values()
        ),
        "reassigned": any(path == ["READY TO SHIP", "CANCELED"] for path in shipments.values()),
        "two attempts": any(row["attempts"] == 2 and len(row["history"]) == 2 for row in failed),
    }
    assert not [name for name, is_there in chains.items() if not is_there]


def test_every_trap_is_inside(dataset: Path) -> None:
    orders, shipments = newest(dataset, "shiprocket/orders"), newest(dataset, "shiprocket/shipments")
    parts = [part for order in orders for part in order["shipments"]]
    awbs = [row["awb"] for row in shipments]
    scans = [scan for row in newest(dataset, "shiprocket/tracking") for scan in row["shipment_track_activities"]]
    traps = {
        "times that say nothing": {"NA", "0000-00-00 00:00:00", None}
        <= {part[name] for part in parts for name in ("etd", "rto_delivered_date", "delivered_date")},
        "no courier yet": any(order["shipments"] == [] for order in orders),
        "weights as text and as numbers": {type(part["weight"]) for part in parts} == {float, str},
        "phones as text and as numbers": {type(order["customer_phone"]) for order in orders} == {int, str},
        "codes as text, as numbers and as none": {type(scan["sr-status"]) for scan in scans} == {int, str}
        and any(scan["sr-status"] == "NA" for scan in scans),
        "one air waybill, two shipments": any(awbs.count(awb) == 2 for awb in awbs),
        "air waybills that no courier knows": any(awb.startswith("SELF-") for awb in awbs),
        "no address": any(order["customer_email"] == "" for order in orders),
        "address with capitals": any(order["customer_email"] != order["customer_email"].lower() for order in orders),
        "other scripts": any("देने" in reason for reason in _reasons(dataset)),
        "emoji": any("🏠" in reason for reason in _reasons(dataset)),
        "all ordinals": {row["created_at"].split()[0][-2:] for row in shipments} == {"st", "nd", "rd", "th"},
    }  # fmt: skip
    assert not [name for name, is_there in traps.items() if not is_there]


def _reasons(dataset: Path) -> list[str]:
    return [attempt["ndr_reason"] for row in newest(dataset, "shiprocket/ndr") for attempt in row["history"]]


def test_parcels_belong_to_the_shops_orders(dataset: Path) -> None:
    names = {order["name"]: order["email"] for order in newest(dataset, "shopify/orders")}
    for order in newest(dataset, "shiprocket/orders"):
        assert order["customer_email"] == (names[order["channel_order_id"]] or "")
