"""Shopify Admin GraphQL: every query is executed by graphql-core on a cut of the official schema.

Handled here: token, API version, cost and throttle, access. What the fields resolve to is in ``shopify_resolvers``, the
subset of the search syntax in ``shopify_records``, bulk operations in ``shopify_bulk``.
"""

import re
from collections.abc import Callable
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

from sandbox import shopify_access, shopify_bulk
from sandbox.clock import PointBucket
from sandbox.dataset import Record, World, json_response
from sandbox.shopify_limits import LARGEST_COST, cost_of, objections
from sandbox.shopify_records import STREAMS, page_of
from sandbox.shopify_resolvers import ABSTRACT, RESOLVERS, Context, kind_of, read_field

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
    cost = cost_of(document, call.variables)
    if cost > LARGEST_COST:
        text = f"Query cost is {cost}, which exceeds the single query max cost limit ({LARGEST_COST})."
        return {"errors": [{"message": text, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": cost}}]}
    bucket = context.world.memory.setdefault("shopify points", PointBucket(BUCKET_POINTS, RESTORED_POINTS))
    if context.world.limited and not bucket.take(cost):
        refusal = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return {"errors": [refusal], "extensions": cost_report(cost, None, bucket.level)}
    if denied := shopify_access.refusal(context.world, document, schema()):
        return {"data": None, "errors": [denied], "extensions": cost_report(cost, 0, bucket.level)}
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
    for name, resolve in (RESOLVERS | BULK).items():
        type_name, _, field_name = name.partition(".")
        built.type_map[type_name].fields[field_name].resolve = resolve
    for kind in built.type_map.values():
        if "legacyResourceId" in getattr(kind, "fields", {}):
            kind.fields["legacyResourceId"].resolve = lambda node, info: node["id"].rpartition("/")[2]
    for name in ABSTRACT:
        built.type_map[name].resolve_type = kind_of
    return built


def start_bulk(_: Any, info: GraphQLResolveInfo, query: str, groupObjects: bool) -> Record:
    """A new bulk operation, or the vendor's reason against it. What may not be read shows only when it runs."""
    context: Context = info.context
    document, errors = prepare(query)
    reasons = [error["message"] for error in errors] if document is None else objections(document, schema())
    denied = document is not None and shopify_access.refusal(context.world, document, schema()) is not None

    def execute(window: shopify_bulk.Window) -> Record:
        inner = Context(context.world, context.host, window)
        return execute_sync(schema(), document, context_value=inner, field_resolver=read_field).formatted

    return shopify_bulk.start(context.world, query, reasons, execute, groupObjects, context.host, denied)


def cancel_bulk(_: Any, info: GraphQLResolveInfo, id: str) -> Record:
    return shopify_bulk.cancel(info.context.world, id)


def poll_bulk(_: Any, info: GraphQLResolveInfo, id: str) -> Record | None:
    return shopify_bulk.poll(info.context.world, id)


def list_bulk(_: Any, info: GraphQLResolveInfo, **arguments: Any) -> Record:
    return page_of(shopify_bulk.select(info.context.world, arguments), arguments)


BULK: dict[str, Callable[..., Any]] = {
    "QueryRoot.bulkOperation": poll_bulk,
    "QueryRoot.bulkOperations": list_bulk,
    "Mutation.bulkOperationRunQuery": start_bulk,
    "Mutation.bulkOperationCancel": cancel_bulk,
}
