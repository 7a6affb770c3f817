"""Shopify Admin GraphQL: every query is executed by graphql-core on a cut of the official schema.

Handled here: token, API version, cost and throttle, and what the fields resolve to. The search syntax is the subset of
``shopify_records``; bulk operations are in ``shopify_bulk``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from starlette.requests import Request
from starlette.responses import Response

from sandbox import shopify_bulk
from sandbox.clock import PointBucket
from sandbox.dataset import Record, World, json_response
from sandbox.shopify_limits import LARGEST_COST, cost_of, objections
from sandbox.shopify_records import STREAMS, page_of, search, whole

__all__ = ["STREAMS", "answer"]

VERSION = "2026-10"
BUCKET_POINTS, RESTORED_POINTS = 4000.0, 200.0
ENDPOINT = re.compile(r"/shopify/admin/api/(?P<version>\d{4}-\d{2}|unstable)/graphql\.json")
FILE = re.compile(r"/shopify/_bulk/(?P<name>[\w.]+)\.jsonl")


class Call(msgspec.Struct):
    """Body of a GraphQL request."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = msgspec.field(name="operationName", default=None)


@dataclass
class Context:
    """What resolvers know of the request; ``window`` is set when a bulk operation walks a connection in parts."""

    world: World
    host: str
    window: shopify_bulk.Window | None = None


async def answer(request: Request, world: World) -> Response:
    """One call: a bulk file, which needs no token, or a GraphQL request."""
    if found := FILE.fullmatch(request.url.path):
        return shopify_bulk.serve_file(found["name"], world)
    if not request.headers.get("x-shopify-access-token"):
        text = "[API] Invalid API key or access token (unrecognized login or wrong password)"
        return json_response({"errors": text}, 401)
    found = ENDPOINT.fullmatch(request.url.path)
    if found is None or request.method != "POST":
        return json_response({"errors": "Not Found"}, 404)
    try:
        call = msgspec.json.decode(await request.body(), type=Call)
    except msgspec.DecodeError as error:
        return json_response({"errors": {"query": str(error)}}, 400)
    await shopify_bulk.settle(world)
    body = run(call, Context(world, f"{request.url.scheme}://{request.url.netloc}"))
    return json_response(body, headers=version_headers(found["version"]))


def version_headers(asked: str) -> dict[str, str]:
    """The version that really answers, with the vendor's warning when it is not the asked one."""
    headers = {"x-shopify-api-version": VERSION}
    if asked != VERSION:
        headers["x-shopify-api-version-warning"] = "https://shopify.dev/concepts/about-apis/versioning"
    return headers


def run(call: Call, context: Context) -> Record:
    """The GraphQL answer with its cost; refusals are answers too."""
    document, errors = prepare(call.query)
    if document is None:
        return {"errors": list(errors)}
    cost = cost_of(document)
    if cost > LARGEST_COST:
        text = f"Query cost is {cost}, which exceeds the single query max cost limit ({LARGEST_COST})."
        return {"errors": [{"message": text, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": cost}}]}
    bucket = context.world.memory.setdefault("shopify points", PointBucket(BUCKET_POINTS, RESTORED_POINTS))
    if context.world.limited and not bucket.take(cost):
        refusal = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return {"errors": [refusal], "extensions": cost_report(cost, None, bucket.level)}
    result = execute_sync(
        schema(), document, context_value=context, field_resolver=read_field,
        variable_values=call.variables, operation_name=call.operation_name,
    )  # fmt: skip
    left = bucket.level if context.world.limited else bucket.size - cost
    return {**result.formatted, "extensions": cost_report(cost, cost, left)}


def cost_report(asked: int, actual: int | None, left: float) -> Record:
    status = {"maximumAvailable": BUCKET_POINTS, "currentlyAvailable": int(left), "restoreRate": RESTORED_POINTS}
    return {"cost": {"requestedQueryCost": asked, "actualQueryCost": actual, "throttleStatus": status}}


@lru_cache(maxsize=256)
def prepare(query: str) -> tuple[DocumentNode | None, tuple[Any, ...]]:
    """The parsed query, or the errors that the official schema has against it."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, (error.formatted,)
    errors = validate(schema(), document)
    return (None, tuple(error.formatted for error in errors)) if errors else (document, ())


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """The cut schema with its resolvers."""
    built = build_schema(Path(__file__).with_name("shopify.graphql").read_text(encoding="utf-8"))
    for name, resolve in RESOLVERS.items():
        type_name, _, field_name = name.partition(".")
        built.type_map[type_name].fields[field_name].resolve = resolve
    for kind in built.type_map.values():
        if "legacyResourceId" in getattr(kind, "fields", {}):
            kind.fields["legacyResourceId"].resolve = lambda node, info: node["id"].rpartition("/")[2]
    return built


def read_field(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """A field as the dataset has it, cut to ``first`` where a list takes that; the root has no fields of its own."""
    value = source.get(info.field_name) if source else None
    return value[: arguments["first"]] if arguments.get("first") and isinstance(value, list) else value


def list_records(stream: str) -> Callable[..., Record]:
    """A resolver for a root connection over the stream's live records."""

    def resolve(_: Any, info: GraphQLResolveInfo, **arguments: Any) -> Record:
        context: Context = info.context
        if context.window:
            return whole(context.window.part(lambda: search(context.world, stream, arguments)))
        return page_of(search(context.world, stream, arguments), arguments)

    return resolve


def list_nested(node: Record, info: GraphQLResolveInfo, **arguments: Any) -> Record:
    """A connection inside a record: a page of its nodes, or all of them for a bulk operation."""
    rows = [((number,), child) for number, child in enumerate((node.get(info.field_name) or {}).get("nodes", ()))]
    return whole(rows) if info.context.window else page_of(rows, arguments)


def list_customer_orders(node: Record, info: GraphQLResolveInfo, **arguments: Any) -> Record:
    """The orders of a customer, which the orders know of."""
    every = search(info.context.world, "shopify/orders", arguments)
    rows = [(key, order) for key, version in every if customer_id(order := version.decode()) == node["id"]]
    return whole(rows) if info.context.window else page_of(rows, arguments)


def customer_id(order: Record) -> str | None:
    return (order.get("customer") or {}).get("id")


def show_customer(order: Record, info: GraphQLResolveInfo) -> Record | None:
    """The customer of an order as it is now; null for a guest and for one deleted since."""
    key = customer_id(order)
    customers = info.context.world.stream("shopify/customers")
    if key is None or not len(customers):
        return order.get("customer")
    found = customers.live(info.context.world.clock.unix).get(key)
    return found.decode() if found else None


def show_record(stream: str) -> Callable[..., Record | None]:
    """A resolver for one live record by its id."""

    def resolve(_: Any, info: GraphQLResolveInfo, id: str) -> Record | None:
        found = info.context.world.stream(stream).live(info.context.world.clock.unix).get(id)
        return found.decode() if found else None

    return resolve


def show_shop(_: Any, info: GraphQLResolveInfo) -> Record:
    """The shop as far as a dataset describes one."""
    settings = info.context.world.dataset.settings
    shop = {"id": "gid://shopify/Shop/1", "email": "shop@example.com", "myshopifyDomain": "sandbox.myshopify.com"}
    more = {"url": "https://sandbox.myshopify.com", "currencyCode": settings.get("currency", "USD")}
    return {**shop, **more, "name": settings.get("name"), "ianaTimezone": settings["time_zone"]}


def start_bulk(_: Any, info: GraphQLResolveInfo, query: str, groupObjects: bool) -> Record:
    """A new bulk operation, or the vendor's reason against it."""
    context: Context = info.context
    document, errors = prepare(query)
    reasons = [error["message"] for error in errors] if document is None else objections(document, schema())

    def execute(window: shopify_bulk.Window) -> Record:
        inner = Context(context.world, context.host, window)
        return execute_sync(schema(), document, context_value=inner, field_resolver=read_field).formatted

    return shopify_bulk.start(context.world, query, reasons, execute, groupObjects, context.host)


def cancel_bulk(_: Any, info: GraphQLResolveInfo, id: str) -> Record:
    return shopify_bulk.cancel(info.context.world, id)


def poll_bulk(_: Any, info: GraphQLResolveInfo, id: str) -> Record | None:
    return shopify_bulk.poll(info.context.world, id)


def list_bulk(_: Any, info: GraphQLResolveInfo, **arguments: Any) -> Record:
    return page_of(shopify_bulk.select(info.context.world, arguments), arguments)


def show_presentment(bag: Record, info: GraphQLResolveInfo) -> Record:
    """Without a second currency the customer saw the shop's money."""
    return bag.get("presentmentMoney") or bag["shopMoney"]


RESOLVERS: dict[str, Callable[..., Any]] = {
    "QueryRoot.orders": list_records("shopify/orders"),
    "QueryRoot.customers": list_records("shopify/customers"),
    "QueryRoot.order": show_record("shopify/orders"),
    "QueryRoot.customer": show_record("shopify/customers"),
    "QueryRoot.shop": show_shop,
    "QueryRoot.bulkOperation": poll_bulk,
    "QueryRoot.bulkOperations": list_bulk,
    "Mutation.bulkOperationRunQuery": start_bulk,
    "Mutation.bulkOperationCancel": cancel_bulk,
    "Order.lineItems": list_nested,
    "Order.customer": show_customer,
    "Customer.orders": list_customer_orders,
    "MoneyBag.presentmentMoney": show_presentment,
}
