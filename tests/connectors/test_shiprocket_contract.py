"""Shiprocket's documented examples: our contracts read them, and the sandbox's answers have their shape.

The vendor has no machine-readable contract, only examples. Of each, every field that our contracts read is in the
sandbox's answers with values of the same kind. Where the example has nothing, any kind will do; beyond that, the
sandbox departs in what is declared here: the vendor writes a number as text or not, as it likes.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cx_etl.contract import shape_of
from cx_etl.rows import compiled
from cx_etl.sources.shiprocket import SOURCE
from cx_etl.sources.shiprocket_lists import Meta
from openapi import CONTRACTS
from sandbox.connections import KEYS
from sandboxes import Sandbox, serving

DOCUMENT = CONTRACTS / "shiprocket_doc_examples.json"
pytestmark = pytest.mark.skipif(not DOCUMENT.is_file(), reason=f"the vendor's examples are not here: {DOCUMENT}")

API = "/v1/external"
TRACK = f"{API}/courier/track/awb"
LISTS = {"orders": f"{API}/orders", "shipments": f"{API}/shipments", "returns": f"{API}/orders/processing/return"}
# Numbers that other examples of the vendor's show as text, or the other way round.
WRITTEN_EITHER_WAY = {
    "customer_phone",
    "products.product_id",
    "shipments.weight",
    "shipment_track.weight",
    "shipment_track_activities.sr-status",
}
KINDS = {
    str: "text",
    int: "number",
    float: "number",
    bool: "truth",
    dict: "object",
    list: "list",
    type(None): "nothing",
}
Kinds = dict[str, set[str]]


@cache
def examples() -> dict[str, Any]:
    return json.loads(DOCUMENT.read_text(encoding="utf-8"))


def example(path: str) -> Any:
    return examples()[f"GET {path}"]


@pytest.fixture(scope="module")
def http(small_dataset: Path) -> Iterator[httpx.Client]:
    with serving(small_dataset) as server:
        server.at_end_of(date(2026, 11, 20))
        client = logged_in(server)
        yield client
        client.close()


def logged_in(server: Sandbox) -> httpx.Client:
    email, password = KEYS["shiprocket"]
    client = httpx.Client(base_url=f"{server.url}/shiprocket")
    token = client.post(f"{API}/auth/login", json={"email": email, "password": password}).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def kinds(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every field with the kind of its value; entries of a list are one field."""
    if at:
        yield at, KINDS[type(value)]
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield from kinds(inner, f"{at}.{name}" if at else name)
    for inner in value if isinstance(value, list) and all(isinstance(each, dict) for each in value) else ():
        yield from ((path, kind) for path, kind in kinds(inner, at) if path != at)


def all_kinds(values: list[Any]) -> Kinds:
    found: Kinds = defaultdict(set)
    for value in values:
        for path, kind in kinds(value):
            found[path].add(kind)
    return found


def read_by(contract: type[msgspec.Struct]) -> set[str]:
    """The fields that the contract reads."""
    return set(_paths(msgspec.inspect.type_info(contract), ""))


def _paths(info: msgspec.inspect.Type, at: str) -> Iterator[str]:
    match info:
        case msgspec.inspect.Metadata(type=inner) | msgspec.inspect.ListType(item_type=inner):
            yield from _paths(inner, at)
        case msgspec.inspect.UnionType(types=inners):
            for inner in inners:
                yield from _paths(inner, at)
        case msgspec.inspect.StructType(fields=fields):
            for field in fields:
                path = f"{at}.{field.encode_name}" if at else field.encode_name
                yield path
                yield from _paths(field.type, path)


def departures(documented: list[Any], served: list[Any], contract: type[msgspec.Struct]) -> list[str]:
    """Fields of the example that the contract reads and the sandbox lacks, or fills with another kind of value."""
    there, here = all_kinds(documented), all_kinds(served)
    read = read_by(contract) & set(there)
    assert len(read) > 3, "nothing is compared"
    found = [f"{path} is missing" for path in sorted(read) if path not in here]
    for path in sorted(read & set(here)):
        other = here[path] - there[path] - {"nothing"}
        is_known = there[path] != {"nothing"} and not (path in WRITTEN_EITHER_WAY and other <= {"text", "number"})
        found += [f"{path} is {kind}" for kind in sorted(other) if is_known]
    return found


def contract_of(stream: str) -> type[msgspec.Struct]:
    return SOURCE.stream(stream).tables[0].contract


@pytest.mark.parametrize("stream", LISTS)
def test_lists_have_the_shape_of_the_examples(http: httpx.Client, stream: str) -> None:
    path = LISTS[stream]
    answer = http.get(path, params={"per_page": "40"}).json()
    assert len(answer["data"]) > 10
    assert departures(example(path)["data"], answer["data"], contract_of(stream)) == []
    # The last page has no links, which PHP may write as a list.
    first = http.get(path, params={"per_page": "5"}).json()
    assert departures([example(path)["meta"]], [first["meta"]], Meta) == []


def test_tracking_has_the_shape_of_the_example(http: httpx.Client) -> None:
    orders = http.get(LISTS["orders"], params={"per_page": "100"}).json()["data"]
    awbs = [shipment["awb"] for order in orders for shipment in order["shipments"] if shipment["awb"]]
    found = [http.get(f"{TRACK}/{awb}").json()["tracking_data"] for awb in awbs[:40]]
    known = [tracking for tracking in found if "error" not in tracking]
    assert len(known) > 10
    documented = example(f"{TRACK}/{{awb}}")["tracking_data"]
    assert departures([documented], known, contract_of("tracking")) == []


def test_the_detail_of_a_shipment_writes_its_times_as_in_the_example(http: httpx.Client) -> None:
    documented = example(f"{API}/shipments/{{shipment_id}}")["data"]
    (row,) = http.get(LISTS["shipments"], params={"per_page": "1"}).json()["data"]
    served = http.get(f"{LISTS['shipments']}/{row['id']}").json()["data"]
    for name in ("created_at", "updated_at"):
        assert all_kinds([served[name]]) == all_kinds([documented[name]])
        assert (served[name]["timezone_type"], served[name]["timezone"]) == (3, "Asia/Kolkata")
        assert len(served[name]["date"]) == len(documented[name]["date"])


def test_what_is_unknown_is_said_in_the_words_of_the_examples(http: httpx.Client) -> None:
    told = http.get(f"{TRACK}/nobody0knows")
    assert (told.status_code, told.json()) == (200, example(f"{TRACK}/{{awb}} (unknown AWB, HTTP 200)"))
    told = http.get(f"{API}/shipments/1")
    assert (told.status_code, told.json()) == (404, examples()["404"])


@pytest.mark.parametrize(
    ("stream", "path", "field", "moment"),
    [
        ("orders", LISTS["orders"], "created_at", datetime(2019, 7, 31, 9, 33, tzinfo=UTC)),
        ("shipments", LISTS["shipments"], "created_at", datetime(2018, 8, 28, 13, 41, tzinfo=UTC)),
        ("returns", LISTS["returns"], "created_at", datetime(2019, 8, 5, 10, 23, tzinfo=UTC)),
        ("tracking", f"{TRACK}/{{awb}}", "etd", datetime(2022, 7, 20, 13, 58, tzinfo=UTC)),
    ],
)
def test_our_contracts_read_the_documented_examples(stream: str, path: str, field: str, moment: datetime) -> None:
    contract = contract_of(stream)
    ((_, raw),) = SOURCE.stream(stream).split(json.dumps(example(path)).encode())
    shape = shape_of(contract)
    row = compiled(contract)(msgspec.json.decode(raw, type=contract))
    assert dict(zip((column.name for column in shape.columns), row, strict=True))[field] == moment


def test_the_judge_sees_what_is_missing_and_what_is_of_another_kind(http: httpx.Client) -> None:
    rows = http.get(LISTS["orders"], params={"per_page": "3"}).json()["data"]
    for row in rows:
        del row["channel_order_id"]
    rows[1]["products"][0]["name"] = 7
    rows[2]["shipments"][0]["awb"] = ["A"]
    found = departures(example(LISTS["orders"])["data"], rows, contract_of("orders"))
    assert found == ["channel_order_id is missing", "products.name is number", "shipments.awb is list"]
