"""Shopify's sandbox: what is inside an order, by page, by id and in bulk; what may be seen; how long files live."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from small_world import newest
from test_shopify import URL, ask, download, finish, start

from sandbox.records.shopify import gid
from sandboxes import serving
from small_shopify import (
    ACCOUNT_DELETED,
    DELETED,
    EDITED,
    FOREIGN,
    GUEST,
    HUGE,
    IMPORTED,
    NIGHT_END,
    UNDATED,
    make_lines,
    parts,
    write_world,
)

NOW = "2026-11-21T02:00:00Z"
Lines = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def awkward() -> Lines:
    return make_lines()


@pytest.fixture(scope="module")
def awkward_address(tmp_path_factory: pytest.TempPathFactory, awkward: Lines) -> Iterator[str]:
    with serving(write_world(tmp_path_factory.mktemp("awkward") / "shop", awkward)) as server:
        yield server.url


@pytest.fixture
def shop(awkward_address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=awkward_address, headers={"X-Shopify-Access-Token": "t"}, timeout=10) as client:
        client.put("/_control/clock", json={"now": NOW})
        client.delete("/_control/faults")
        yield client


@pytest.fixture
def orders(awkward: Lines) -> list[dict[str, Any]]:
    """The slow reference: the newest version of each living order."""
    return list(newest(awkward["shopify/orders"]).values())


def lack(shop: httpx.Client, scope: str) -> None:
    shop.post("/_control/faults", json=[{"system": "shopify", "kind": "access_denied", "value": scope}])


def walk(shop: httpx.Client, node: str, id: str, field: str, size: int) -> list[str]:
    """The ids of a connection inside a record, page by page."""
    query = f"""query($id: ID!, $n: Int!, $after: String) {{ {node}(id: $id) {{
      {field}(first: $n, after: $after) {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }} }}"""
    found, info = [], {"endCursor": None, "hasNextPage": True}
    while info["hasNextPage"]:
        page = ask(shop, query, id=id, n=size, after=info["endCursor"])["data"][node][field]
        found, info = found + [each["id"] for each in page["nodes"]], page["pageInfo"]
    return found


@pytest.mark.parametrize("size", [1, 7, 100, 250])
def test_inner_connections_lose_and_double_nothing(shop: httpx.Client, orders: list[dict[str, Any]], size: int) -> None:
    for name, node, inner in (("fulfillments", "fulfillment", "events"), ("refunds", "refund", "refundLineItems")):
        longest = max((part for _, part in parts(orders, name)), key=lambda part: len(part[inner]["nodes"]))
        expected = [each["id"] for each in longest[inner]["nodes"]]
        assert len(expected) > 120
        assert walk(shop, node, longest["id"], inner, size) == expected


def test_scans_are_sorted_by_when_they_happened(shop: httpx.Client, orders: list[dict[str, Any]]) -> None:
    (parcel,) = [part for owner, part in parts(orders, "fulfillments") if owner == gid("Order", EDITED)]
    told = [event["id"] for event in parcel["events"]["nodes"]]
    happened = [event["id"] for event in sorted(parcel["events"]["nodes"], key=lambda event: event["happenedAt"])]
    assert told != happened
    assert walk(shop, "fulfillment", parcel["id"], "events", 2) == happened


def test_lists_are_cut_only_where_first_asks_for_it(shop: httpx.Client) -> None:
    query = "query($id: ID!) { order(id: $id) { all: fulfillments { id } some: fulfillments(first: 100) { id } } }"
    order = ask(shop, query, id=gid("Order", HUGE))["data"]["order"]
    assert (len(order["all"]), len(order["some"])) == (120, 100)
    counts = ask(shop, "query($id: ID!) { order(id: $id) { fulfillmentsCount { count } } }", id=gid("Order", HUGE))
    assert counts["data"]["order"]["fulfillmentsCount"]["count"] == 120


def test_nodes_are_answered_in_the_order_of_their_ids_and_null_when_gone(
    shop: httpx.Client, orders: list[dict[str, Any]]
) -> None:
    ids = [part["id"] for name in ("refunds", "fulfillments", "returns") for _, part in parts(orders, name)][100:200]
    asked = [*ids, gid("Order", HUGE), gid("Order", DELETED), gid("Refund", 404), gid("Customer", FOREIGN)]
    query = """query($ids: [ID!]!) { nodes(ids: $ids) { id
      ... on Refund { order { id updatedAt } } ... on Fulfillment { order { id updatedAt } } } }"""
    found = ask(shop, query, ids=asked)["data"]["nodes"]
    assert [each and each["id"] for each in found] == [
        *ids,
        gid("Order", HUGE),
        None,
        None,
        gid("Customer", FOREIGN),
    ]
    assert found[0]["order"]["id"] == gid("Order", HUGE)
    assert "250" in ask(shop, query, ids=[gid("Order", 1)] * 251)["errors"][0]["message"]


def test_an_order_edited_twice_between_pages_moves_to_the_end_and_no_other_is_passed_over(
    shop: httpx.Client, awkward: Lines
) -> None:
    query = """query($after: String) { orders(first: 4, after: $after, sortKey: UPDATED_AT)
      { nodes { id tags } pageInfo { hasNextPage endCursor } } }"""
    found, info, pages = [], {"endCursor": None, "hasNextPage": True}, 0
    moments = {2: "2026-11-20T15:00:30Z", 3: "2026-11-20T15:02:30Z"}
    shop.put("/_control/clock", json={"now": "2026-11-20T09:00:00Z"})
    while info["hasNextPage"]:
        page = ask(shop, query, after=info["endCursor"])["data"]["orders"]
        found, info, pages = found + page["nodes"], page["pageInfo"], pages + 1
        if pages in moments:
            shop.put("/_control/clock", json={"now": moments[pages]})
    living = set(newest(awkward["shopify/orders"]))
    assert {each["id"] for each in found} >= living
    edited = [each["tags"] for each in found if each["id"] == gid("Order", EDITED)]
    assert edited == [[], ["ok"]]


def test_closed_fulfillment_orders_are_left_out_unless_asked_for(shop: httpx.Client, awkward: Lines) -> None:
    statuses = [record["status"] for record in newest(awkward["shopify/fulfillment_orders"]).values()]
    counts = {}
    for closed in ("", "includeClosed: false,", "includeClosed: true,"):
        query = (
            f"{{ fulfillmentOrders({closed} first: 250, query: \"updated_at:>'2026-10-01'\") {{ nodes {{ id }} }} }}"
        )
        counts[closed] = len(ask(shop, query)["data"]["fulfillmentOrders"]["nodes"])
    is_open = sum(status != "CLOSED" for status in statuses)
    assert 0 < is_open < len(statuses)
    assert list(counts.values()) == [is_open, is_open, len(statuses)]


def test_bulk_exports_returns_with_lines_two_deep(shop: httpx.Client, orders: list[dict[str, Any]]) -> None:
    query = """{ orders { edges { node { id returns { edges { node { id order { updatedAt }
      returnLineItems { edges { node { id ... on ReturnLineItem { fulfillmentLineItem { lineItem { id } } } } } }
      reverseFulfillmentOrders { edges { node { id status } } } } } } } } } }"""
    job = finish(shop, start(shop, query))
    rows = download(shop, job)
    returns = [part for _, part in parts(orders, "returns")]
    expected = [(order["id"], None) for order in orders]
    expected += [(part["id"], owner) for owner, part in parts(orders, "returns")]
    expected += [(part["id"], owner) for owner, part in parts(returns, "returnLineItems")]
    expected += [(part["id"], owner) for owner, part in parts(returns, "reverseFulfillmentOrders")]
    assert sorted((row["id"], row.get("__parentId") or "") for row in rows) == sorted(
        (key, owner or "") for key, owner in expected
    )
    assert (job["objectCount"], job["rootObjectCount"]) == (str(len(expected)), str(len(orders)))
    named = [row for row in rows if "/ReturnLineItem/" in row["id"]]
    assert all(row["fulfillmentLineItem"]["lineItem"]["id"] for row in named)
    (unverified,) = [row for row in rows if "/UnverifiedReturnLineItem/" in row["id"]]
    assert "fulfillmentLineItem" not in unverified


def test_orders_of_people_who_are_gone_and_amounts_in_two_currencies(shop: httpx.Client) -> None:
    query = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Order {
      email customer { displayName } processedAt createdAt shippingAddress { city } presentmentCurrencyCode
      refunds { createdAt processedAt }
      totalPriceSet { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } } } } }"""
    ids = [gid("Order", number) for number in (ACCOUNT_DELETED, GUEST, IMPORTED, FOREIGN, UNDATED)]
    gone, guest, imported, foreign, undated = ask(shop, query, ids=ids)["data"]["nodes"]
    assert (gone["customer"], gone["email"]) == (None, f"customer.{ACCOUNT_DELETED}@mail.example")
    assert (guest["customer"], guest["email"]) == (None, None)
    assert imported["processedAt"] < imported["createdAt"]
    assert foreign["customer"]["displayName"] == "عائشہ خان"
    assert foreign["shippingAddress"]["city"] == "لاہور"
    assert foreign["totalPriceSet"] == {
        "shopMoney": {"amount": "44.80", "currencyCode": "EUR"},
        "presentmentMoney": {"amount": "38.53", "currencyCode": "GBP"},
    }
    assert undated["refunds"][0]["createdAt"] is None
    assert undated["refunds"][0]["processedAt"]


@pytest.mark.parametrize(
    ("scope", "query"),
    [
        ("read_orders", "{ orders(first: 1) { nodes { id } } }"),
        ("read_customers", "{ orders(first: 1) { nodes { customer { id } } } }"),
        ("read_returns", "{ orders(first: 1) { nodes { returns(first: 1) { nodes { id } } } } }"),
        ("read_fulfillments", "{ orders(first: 1) { nodes { fulfillments { id } } } }"),
    ],
)
def test_a_scope_that_is_missing_is_refused_as_200_without_data(shop: httpx.Client, scope: str, query: str) -> None:
    assert ask(shop, query)["data"]
    lack(shop, scope)
    answer = shop.post(URL, json={"query": query})
    body = answer.json()
    assert (answer.status_code, body["data"]) == (200, None)
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert f"`{scope}`" in body["errors"][0]["message"]
    granted = ask(shop, "{ currentAppInstallation { accessScopes { handle } } }")["data"]["currentAppInstallation"]
    assert scope not in {each["handle"] for each in granted["accessScopes"]}


def test_a_bulk_query_that_may_not_be_read_fails_when_it_runs(shop: httpx.Client) -> None:
    lack(shop, "read_returns")
    job = finish(shop, start(shop, "{ orders { edges { node { id returns { edges { node { id } } } } } } }"))
    assert (job["status"], job["errorCode"], job["url"]) == ("FAILED", "ACCESS_DENIED", None)


def test_protected_fields_are_refused_and_others_are_not(shop: httpx.Client) -> None:
    lack(shop, "protected_customer_data")
    assert ask(shop, "{ customers(first: 1) { nodes { id numberOfOrders } } }")["data"]["customers"]["nodes"]
    body = ask(shop, "{ customers(first: 1) { nodes { defaultEmailAddress { emailAddress } } } }")
    assert body["data"] is None
    assert "not approved" in body["errors"][0]["message"]


def test_older_orders_and_fulfillment_orders_are_left_out_without_a_word(shop: httpx.Client) -> None:
    def count(field: str) -> int:
        return len(ask(shop, f"{{ {field}(first: 250) {{ nodes {{ id }} }} }}")["data"][field]["nodes"])

    shop.put("/_control/clock", json={"now": "2026-11-30T12:15:00Z"})
    orders, fulfillment_orders = count("orders"), count("fulfillmentOrders")
    lack(shop, "read_all_orders")
    # 60 days before, orders were created minute by minute.
    assert orders == 39
    assert count("orders") == 25
    assert count("fulfillmentOrders") == fulfillment_orders > 0
    lack(shop, "read_merchant_managed_fulfillment_orders")
    assert count("fulfillmentOrders") == 0


def test_a_bulk_file_lives_for_seven_days(shop: httpx.Client) -> None:
    started = start(shop, "{ customers { edges { node { id } } } }")
    job = finish(shop, started)
    for days, status in ((6.9, 200), (7, 400), (8, 400)):
        shop.put("/_control/clock", json={"now": (NIGHT_END + timedelta(hours=2, days=days)).isoformat()})
        answer = httpx.get(job["url"])
        assert answer.status_code == status
    assert "ExpiredToken" in answer.text
    later = ask(shop, "query($id: ID!) { bulkOperation(id: $id) { status url } }", id=started["bulkOperation"]["id"])
    assert later["data"]["bulkOperation"] == {"status": "EXPIRED", "url": None}


def test_an_error_of_the_vendors_own_can_come_as_200(shop: httpx.Client) -> None:
    body = {"errors": [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
    shop.post("/_control/faults", json=[{"system": "shopify", "kind": "status", "status": 200, "body": body}])
    assert ask(shop, "{ shop { id } }") == body


def test_the_price_of_a_query_counts_what_its_variables_ask_for(shop: httpx.Client) -> None:
    def price(query: str, **variables: Any) -> int:
        return ask(shop, query, **variables)["extensions"]["cost"]["requestedQueryCost"]

    listing = "query($n: Int!) { orders(first: $n) { nodes { id fulfillments { id } } } }"
    assert price(listing, n=200) - price(listing, n=100) == 100
    nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Refund { id order { id } } } }"
    assert price(nodes, ids=[gid("Refund", 1)] * 20) == 20
    refused = ask(shop, listing, n=1000)
    assert refused["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
