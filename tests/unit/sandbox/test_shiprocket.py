"""Shiprocket's tokens, pages, India's dates, the rule of thirty days, and good answers that are errors."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_world import Lines, newest

from sandbox.connections import KEYS
from sandbox.records import shiprocket
from sandboxes import serving

API = "/shiprocket/v1/external"
# 23:30 in India, 18:00 in UTC.
NOON = datetime(2026, 11, 16, 18, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
TOML = 'name = "parcels"\ntime_zone = "UTC"\nfirst_night = 2026-10-01\nlast_night = 2026-11-19\n'
INDIA = timedelta(hours=5, minutes=30)


def order(number: int, created: datetime, status: str = "NEW", awb: str = "") -> dict[str, Any]:
    part = shiprocket.order_shipment(number=number, awb=awb, courier="", etd=None, delivered=None, rto=None)
    return shiprocket.order(
        number=number, reference=f"#{number}", status=status, created=created, placed=created, name="Asha", email=None,
        cents=1000, is_cod=False, products=[], shipments=[part], activities=[],
    )  # fmt: skip


def line(at: datetime, record: dict[str, Any], **beside: Any) -> dict[str, Any]:
    return {"at": at.isoformat(), "record": record, **beside}


def make_lines() -> Lines:
    chance = random.Random(8)
    orders = []
    for number in range(1, 61):
        created = NOON - timedelta(hours=chance.randrange(1000))
        orders.append(line(created, order(number, created)))
        if number % 3 == 0:
            # Within half an hour of midnight in India.
            changed = NOON + timedelta(minutes=chance.randrange(60))
            orders.append(line(changed, order(number, created, "READY TO SHIP", awb=f"1411{number:04d}")))
    shipments = [
        line(NOON, shiprocket.shipment(number=500 + number, order=number, awb=f"1411{number:04d}", status="CANCELED",
                                       created=NOON, is_cod=False, products=[]))
        for number in range(1, 8)
    ]  # fmt: skip
    scans = [shiprocket.activity(NOON, "PICKED UP", "Mumbai"), shiprocket.activity(NOON, "BAGGED", "Pune")]
    tracked = shiprocket.tracking(
        awb="14110003", shipment=503, order=3, courier="Delhivery", scans=scans, picked=NOON, delivered=None,
        promised=None, status="PICKED UP", city="Pune",
    )  # fmt: skip
    returned = shiprocket.return_order(
        number=700, reference="#R", status="RETURN PENDING", created=NOON, name="", email=None, cents=100, products=[],
        shipment=1, awb="R14110001",
    )  # fmt: skip
    return {
        "shiprocket/orders": orders,
        "shiprocket/shipments": shipments,
        "shiprocket/tracking": [line(NOON, tracked, id="14110003")],
        "shiprocket/returns": [line(NOON, returned | {"id": number}) for number in (700, 701, 702)],
    }


@pytest.fixture(scope="module")
def lines() -> Lines:
    return make_lines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, lines: Lines) -> Path:
    root = tmp_path_factory.mktemp("parcels")
    (root / "shiprocket").mkdir()
    (root / "dataset.toml").write_text(TOML)
    for name, rows in lines.items():
        (root / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as server:
        yield server.url


def logged_in(address: str) -> httpx.Client:
    """A client with a token, of a sandbox whose clock is put back first."""
    httpx.put(f"{address}/_control/clock", json={"now": NOW.isoformat()})
    email, password = KEYS["shiprocket"]
    user = {"email": email, "password": password}
    token = httpx.post(f"{address}{API}/auth/login", json=user).json()["token"]
    return httpx.Client(base_url=address, timeout=10, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with logged_in(address) as client:
        yield client


def get(http: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    answer = http.get(f"{API}{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def walk(http: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """All pages until ``links`` has no next one."""
    found, page = [], 1
    while True:
        body = get(http, path, page=page, **params)
        told = body["meta"]["pagination"]
        assert (told["current_page"], told["count"]) == (page, len(body["data"]))
        found += body["data"]
        if "next" not in told["links"]:
            assert told["total"] == len(found)
            assert told["total_pages"] == page
            return found
        page += 1


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize(("sort", "step"), [("ASC", 1), ("DESC", -1)])
def test_pages_lose_and_double_nothing(http: httpx.Client, lines: Lines, size: int, sort: str, step: int) -> None:
    expected = [row for _, row in sorted(newest(lines["shiprocket/orders"]).items())]
    assert walk(http, "/orders", per_page=size, sort=sort, sort_by="id") == expected[::step]


def test_the_default_page(http: httpx.Client) -> None:
    body = get(http, "/orders")
    assert len(body["data"]) == body["meta"]["pagination"]["per_page"] == 15
    assert body["data"][0]["id"] == 60


@pytest.mark.parametrize(("path", "nothing"), [("/orders", {}), ("/shipments", {}), ("/orders/processing/return", [])])
def test_the_last_page_has_no_links_in_one_way_or_the_other(http: httpx.Client, path: str, nothing: Any) -> None:
    assert get(http, path, per_page=100)["meta"]["pagination"]["links"] == nothing
    assert list(get(http, path, per_page=2)["meta"]["pagination"]["links"]) == ["next"]


def created_on(row: dict[str, Any]) -> date:
    return datetime.strptime(row["created_at"], "%d %b %Y, %I:%M %p").replace(tzinfo=UTC).date()


def test_from_and_to_are_dates_in_india_both_included(http: httpx.Client, lines: Lines) -> None:
    rows = newest(lines["shiprocket/orders"]).values()
    first, last = date(2026, 10, 20), date(2026, 11, 2)
    expected = {row["id"] for row in rows if first <= created_on(row) <= last}
    assert 0 < len(expected) < 60
    assert {row["id"] for row in walk(http, "/orders", **{"from": first, "to": last})} == expected


def test_updates_are_found_by_when_the_version_came_to_be_in_india(http: httpx.Client, lines: Lines) -> None:
    updated: dict[int, date] = {}
    for row in sorted(lines["shiprocket/orders"], key=lambda row: row["at"]):
        updated[row["record"]["id"]] = (datetime.fromisoformat(row["at"]) + INDIA).date()
    for day in (date(2026, 11, 16), date(2026, 11, 17)):
        expected = {number for number, on in updated.items() if on == day}
        assert expected
        found = walk(http, "/orders", updated_from=day, updated_to=day, per_page=7)
        assert {row["id"] for row in found} == expected


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"updated_to": "2026-11-19"}, "Please send update_from date along with update_to date"),
        ({"updated_from": "2026-11-01"}, "Please send update_from date along with update_to date"),
        ({"updated_from": "2026-10-21", "updated_to": "2026-11-21"}, "should not be greater than 30 days"),
        ({"updated_from": "2026-10-20", "updated_to": "2026-10-21"}, "should not be less than 30 days from current"),
    ],
)
def test_the_rule_of_thirty_days(http: httpx.Client, asked: dict[str, str], told: str) -> None:
    answer = http.get(f"{API}/orders", params=asked)
    assert (answer.status_code, answer.json()["status_code"]) == (400, 400)
    assert told in answer.json()["message"]


def test_thirty_days_are_allowed(http: httpx.Client) -> None:
    assert walk(http, "/orders", updated_from="2026-10-21", updated_to="2026-11-20", per_page=100)


def test_wrong_parameters_name_the_field(http: httpx.Client) -> None:
    for asked in ({"from": "yesterday"}, {"page": "0"}):
        answer = http.get(f"{API}/orders", params=asked)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, list(asked))
    assert http.post(f"{API}/courier/track/awbs", json={"awbs": ["14110003"] * 51}).status_code == 422


def test_times_are_written_in_every_way(http: httpx.Client) -> None:
    assert get(http, "/shipments")["data"][0]["created_at"] == "16th Nov 2026 11:30 PM"
    assert get(http, "/orders/processing/return")["data"][0]["created_at"] == "16 Nov 2026, 11:30 PM"
    detail = get(http, "/shipments/501")["data"]
    assert detail["created_at"] == {
        "date": "2026-11-16 23:30:00.000000", "timezone_type": 3, "timezone": "Asia/Kolkata",
    }  # fmt: skip
    assert isinstance(detail["status"], int)
    part = get(http, "/orders")["data"][0]["shipments"][0]
    assert (part["etd"], part["rto_delivered_date"], part["delivered_date"]) == ("NA", "0000-00-00 00:00:00", None)


def track(http: httpx.Client, *awbs: str) -> Any:
    return http.post(f"{API}/courier/track/awbs", json={"awbs": awbs}).json()


def test_tracking_is_by_air_waybill(http: httpx.Client) -> None:
    said = track(http, "14110003", "14110006")
    scans = said["14110003"]["tracking_data"]["shipment_track_activities"]
    assert [scan["date"] for scan in scans] == ["2026-11-16 23:30:00"] * 2
    assert [scan["sr-status"] for scan in scans] == ["NA", 42]
    # Known, but nothing happened yet: a good answer all the same.
    nothing = said["14110006"]["tracking_data"]
    assert nothing["track_status"] == 0
    assert nothing["error"].startswith("Aahh!")


def test_one_bad_air_waybill_empties_the_answer(http: httpx.Client) -> None:
    assert track(http, "14110003", "nobody") == {}
    one = get(http, "/courier/track/awb/nobody")
    assert one["tracking_data"]["track_status"] == 0
    assert "activities" in one["tracking_data"]["error"]


def test_tokens_end_after_ten_days(http: httpx.Client) -> None:
    http.put("/_control/clock", json={"now": (NOW + timedelta(hours=239)).isoformat()})
    assert http.get(f"{API}/orders").status_code == 200
    http.put("/_control/clock", json={"now": (NOW + timedelta(hours=240)).isoformat()})
    refused = http.get(f"{API}/orders")
    assert (refused.status_code, refused.json()) == (401, {"message": "Token has expired", "status_code": 401})


def test_refusals(address: str, http: httpx.Client) -> None:
    bare = httpx.Client(base_url=address)
    assert bare.get(f"{API}/orders").json()["status_code"] == 401
    wrong = bare.post(f"{API}/auth/login", json={"email": KEYS["shiprocket"][0], "password": "guess"})
    assert (wrong.status_code, wrong.json()["message"]) == (403, "Invalid email and password combination")
    assert http.get(f"{API}/pickups").json() == {"message": "404 Not Found", "status_code": 404}


def test_the_limit_says_nothing_of_itself(folder: Path) -> None:
    with serving(folder, limited=True) as server, logged_in(server.url) as client:
        answers = [client.get(f"{API}/shipments", params={"per_page": 1}) for _ in range(101)]
    assert [answer.status_code for answer in answers[99:]] == [200, 429]
    assert "retry-after" not in answers[-1].headers
