"""Shopify: queries executed on the schema, search and paging, bulk operations."""

import json
from collections import Counter
from typing import Any

import httpx
import pytest
from small_world import NOON, Lines, iso, newest

URL = "/shopify/admin/api/2026-10/graphql.json"
START = """mutation($q: String!, $g: Boolean = false) { bulkOperationRunQuery(query: $q, groupObjects: $g)
           { bulkOperation { id status } userErrors { field message code } } }"""
POLL = """query($id: ID!) { bulkOperation(id: $id)
          { status errorCode url partialDataUrl objectCount rootObjectCount fileSize completedAt } }"""
ORDERS = """{ orders { edges { node { id updatedAt totalPriceSet { shopMoney { amount } }
              lineItems { edges { node { id quantity } } } } } } }"""


def ask(http: httpx.Client, query: str, **variables: Any) -> dict[str, Any]:
    answer = http.post(URL, json={"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    return answer.json()


def start(http: httpx.Client, query: str, grouped: bool = False) -> dict[str, Any]:
    return ask(http, START, q=query, g=grouped)["data"]["bulkOperationRunQuery"]


def finish(http: httpx.Client, started: dict[str, Any]) -> dict[str, Any]:
    """Poll twice: running, then over."""
    key = started["bulkOperation"]["id"]
    first, second = (ask(http, POLL, id=key)["data"]["bulkOperation"] for _ in range(2))
    assert (started["bulkOperation"]["status"], first["status"], first["url"]) == ("CREATED", "RUNNING", None)
    return second


def download(http: httpx.Client, job: dict[str, Any]) -> list[dict[str, Any]]:
    answer = httpx.get(job["url"])
    assert job["fileSize"] == str(len(answer.content))
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.mark.parametrize(("size", "reverse"), [(7, False), (100, True)])
def test_pages_lose_and_double_nothing(http: httpx.Client, lines: Lines, size: int, reverse: bool) -> None:
    query = """query($n: Int!, $after: String, $reverse: Boolean!, $q: String!) {
      orders(first: $n, after: $after, reverse: $reverse, sortKey: UPDATED_AT, query: $q)
      { nodes { id updatedAt legacyResourceId totalPriceSet { presentmentMoney { amount } } }
        pageInfo { hasNextPage endCursor } } }"""
    term = f"updated_at:>='{iso(NOON + 10)}' AND updated_at:<'{iso(NOON + 50)}'"
    found, info = [], {"endCursor": None, "hasNextPage": True}
    while info["hasNextPage"]:
        page = ask(http, query, n=size, after=info["endCursor"], reverse=reverse, q=term)["data"]["orders"]
        found, info = found + page["nodes"], page["pageInfo"]
    reference = [
        row for row in newest(lines["shopify/orders"]).values() if iso(NOON + 10) <= row["updatedAt"] < iso(NOON + 50)
    ]
    stamps = [row["updatedAt"] for row in found]
    assert stamps == sorted(stamps, reverse=reverse)
    assert sorted(row["id"] for row in found) == sorted(row["id"] for row in reference)
    assert len(reference) == 160
    assert found[0]["legacyResourceId"] == found[0]["id"].rpartition("/")[2]
    assert found[0]["totalPriceSet"] == {"presentmentMoney": {"amount": "10.50"}}


def test_search_signs(http: httpx.Client) -> None:
    counts = {}
    for sign in ("<", "<=", ">", ">=", ""):
        query = f"{{ orders(first: 250, query: \"updated_at:{sign}'{iso(NOON + 60)}'\") {{ nodes {{ id }} }} }}"
        counts[sign] = len(ask(http, query)["data"]["orders"]["nodes"])
    assert counts == {"<": 239, "<=": 243, ">": 57, ">=": 61, "": 4}


def test_a_deleted_customer_is_null_on_the_order_and_absent_from_the_list(http: httpx.Client) -> None:
    body = ask(
        http, "{ orders(first: 3) { nodes { customer { id displayName } } } customers(first: 9) { nodes { id } } }"
    )
    assert body["data"]["orders"]["nodes"][1]["customer"] is None
    assert body["data"]["orders"]["nodes"][0]["customer"] == {"id": "gid://shopify/Customer/1", "displayName": "Ana"}
    assert len(body["data"]["customers"]["nodes"]) == 2


def test_a_wrong_query_fails_as_an_answer_of_200(http: httpx.Client) -> None:
    assert (
        "Cannot query field 'totalprice'"
        in ask(http, "{ orders(first: 1) { nodes { totalprice } } }")["errors"][0]["message"]
    )
    assert "Syntax Error" in ask(http, "{ orders(")["errors"][0]["message"]
    assert "first" in ask(http, "{ orders { nodes { id } } }")["errors"][0]["message"]
    assert (
        "search term" in ask(http, '{ orders(first: 1, query: "colour:red") { nodes { id } } }')["errors"][0]["message"]
    )
    costly = ask(http, "{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { product { id } } } } } }")
    assert costly["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_every_answer_tells_its_cost_and_version(http: httpx.Client) -> None:
    answer = http.post(URL, json={"query": "{ shop { name currencyCode ianaTimezone } }"})
    assert answer.json()["data"]["shop"] == {
        "name": "small",
        "currencyCode": "BRL",
        "ianaTimezone": "America/Sao_Paulo",
    }
    cost = answer.json()["extensions"]["cost"]
    assert cost["requestedQueryCost"] == cost["actualQueryCost"] == 1
    assert set(cost["throttleStatus"]) == {"maximumAvailable", "currentlyAvailable", "restoreRate"}
    assert answer.headers["x-shopify-api-version"] == "2026-10"
    assert "x-shopify-api-version-warning" not in answer.headers
    older = http.post(URL.replace("2026-10", "2025-01"), json={"query": "{ shop { id } }"})
    assert (older.headers["x-shopify-api-version"], bool(older.headers["x-shopify-api-version-warning"])) == (
        "2026-10",
        True,
    )


def test_the_token_is_needed(http: httpx.Client) -> None:
    refused = httpx.post(f"{http.base_url}{URL}", json={"query": "{ shop { id } }"})
    assert (refused.status_code, refused.json()["errors"].startswith("[API] Invalid API key")) == (401, True)


def test_bulk_exports_every_order_and_line_once(http: httpx.Client, lines: Lines) -> None:
    job = finish(http, start(http, ORDERS))
    rows = download(http, job)
    reference = newest(lines["shopify/orders"])
    parents = [row for row in rows if "__parentId" not in row]
    children = [row for row in rows if "__parentId" in row]
    assert sorted(row["id"] for row in parents) == sorted(reference)
    expected = [(node["id"], key) for key, order in reference.items() for node in order["lineItems"]["nodes"]]
    assert sorted((row["id"], row["__parentId"]) for row in children) == sorted(expected)
    assert (job["status"], job["objectCount"], job["rootObjectCount"]) == ("COMPLETED", str(len(rows)), "300")
    assert set(parents[0]) == {"id", "updatedAt", "totalPriceSet"}


def test_children_follow_their_parent_but_only_grouped_ones_closely(http: httpx.Client) -> None:
    for grouped in (True, False):
        rows = download(http, finish(http, start(http, ORDERS, grouped)))
        seen: set[str] = set()
        last, apart = "", 0
        for row in rows:
            parent = row.get("__parentId")
            assert parent is None or parent in seen
            apart += parent is not None and parent != last
            last = parent or row["id"]
            seen.add(row["id"])
        assert (apart == 0) is grouped


def test_bulk_without_rows_has_no_file(http: httpx.Client) -> None:
    job = finish(
        http, start(http, ORDERS.replace("orders", "orders(query: \"updated_at:<'2001-01-01T00:00:00Z'\")", 1))
    )
    assert (job["status"], job["url"], job["objectCount"], job["fileSize"]) == ("COMPLETED", None, "0", None)


def test_a_sixth_bulk_query_must_wait(http: httpx.Client) -> None:
    running = [start(http, ORDERS) for _ in range(5)]
    refused = start(http, ORDERS)
    assert refused["bulkOperation"] is None
    assert refused["userErrors"][0]["code"] == "OPERATION_IN_PROGRESS"
    listed = ask(http, '{ bulkOperations(first: 50, query: "status:created operation_type:query") { nodes { id } } }')
    assert len(listed["data"]["bulkOperations"]["nodes"]) == 5
    key = running[0]["bulkOperation"]["id"]
    cancelled = ask(
        http,
        "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }",
        id=key,
    )
    assert cancelled["data"]["bulkOperationCancel"] == {"bulkOperation": {"status": "CANCELED"}, "userErrors": []}
    assert start(http, ORDERS)["userErrors"] == []
    jobs = ask(http, '{ bulkOperations(first: 50, query: "status:created") { nodes { id } } }')["data"][
        "bulkOperations"
    ]["nodes"]
    for job in jobs:
        assert finish(http, {"bulkOperation": {"id": job["id"], "status": "CREATED"}})["status"] == "COMPLETED"


def nested(*names: str) -> str:
    """A bulk query of connections, each inside the one before."""
    query = "id"
    for name in reversed(names):
        query = f"id {name} {{ edges {{ node {{ {query} }} }} }}"
    return f"{{ {query.removeprefix('id ')} }}"


@pytest.mark.parametrize(("query", "text"), [
    ("{ orders { edges { node { colour } } } }", "Cannot query field 'colour'"),
    ("{ shop { name } }", "at least one connection"),
    ("mutation { bulkOperationCancel(id: 1) { userErrors { message } } }", "exactly one query"),
    (nested("customers", "orders", "returns", "returnLineItems"), "nesting depth greater than 2"),
    ("{" + " ".join(f"{name}: orders {{ edges {{ node {{ id }} }} }}" for name in "abcdef") + "}",
     "more than 5 connections"),
    ("{ orders { edges { node { id fulfillments { events { edges { node { id } } } } } } } }", "within a list field"),
    ("{ orders { nodes { id } } }", "'nodes' is not supported: 'orders'"),
    ("{ orders { edges { node { name lineItems { edges { node { id } } } } } } }", "must select its 'id': 'lineItems'"),
])  # fmt: skip
def test_bulk_queries_the_vendor_cannot_walk(http: httpx.Client, query: str, text: str) -> None:
    refused = start(http, query)
    assert refused["bulkOperation"] is None
    assert text in " ".join(error["message"] for error in refused["userErrors"])
    assert {error["code"] for error in refused["userErrors"]} == {"INVALID"}


def test_bulk_walks_connections_nested_two_deep(http: httpx.Client) -> None:
    """The vendor counts from the first connection inside the root's records."""
    rows = download(http, finish(http, start(http, nested("customers", "orders", "lineItems"))))
    kinds = Counter(row["id"].split("/")[3] for row in rows)
    assert kinds == {"Customer": 2, "Order": 200, "LineItem": 300}


def test_bulk_of_customers_with_their_orders(http: httpx.Client) -> None:
    rows = download(http, finish(http, start(http, nested("customers", "orders"))))
    assert sum("__parentId" in row for row in rows) == 200
    assert sum("__parentId" not in row for row in rows) == 2


def test_points_run_out_when_limits_are_on(limited_address: str) -> None:
    query = "{ orders(first: 200) { nodes { lineItems(first: 3) { nodes { id } } customer { id } } } }"
    with httpx.Client(base_url=limited_address, headers={"X-Shopify-Access-Token": "t"}) as client:
        bodies = [client.post(URL, json={"query": query}).json() for _ in range(16)]
    throttled = [body for body in bodies if "errors" in body]
    assert throttled
    assert throttled[0]["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert throttled[0]["extensions"]["cost"]["actualQueryCost"] is None
