"""Google Analytics 4 Data API v1beta: runReport, metadata and checkCompatibility of one property.

Rules come from the vendor's OpenAPI document: every value is text, int64 is text in requests, an empty report has
neither rows nor rowCount, dates are the property's own, quotas are counted in tokens and start anew with the hour and
with the day in Los Angeles. What the property is like stands in dataset.toml under [ga4]: time_zone, thresholding (rows
with fewer sessions are hidden), rows_kept (more rows of a date become "(other)"), sampled ([events read, there]),
tokens_per_day, tokens_per_hour, tokens_per_project_per_hour.
"""

from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox import ga4_login
from sandbox.connections import EXTRAS
from sandbox.dataset import World, json_response
from sandbox.ga4_reports import (
    DIMENSIONS,
    METRICS,
    STREAMS,
    TYPES,
    Report,
    compute,
    settings_of,
    table_for,
    zone_of,
)
from sandbox.ga4_requests import Asked, Invalid

__all__ = ["STREAMS", "answer", "answer_unasked"]

PROPERTY = EXTRAS["ga4"]["property_id"]
QUOTA_ZONE = ZoneInfo("America/Los_Angeles")
LARGEST_PAGE = 250_000
REPORT_TOKENS, ROWS_PER_TOKEN = 4, 1000
# Name, documented amount, what a refusal says, and by which part of the vendor's time it starts anew.
TOKENS = (
    ("tokensPerDay", "tokens_per_day", 200_000, "Exhausted property tokens per day", "%Y-%m-%d"),
    ("tokensPerHour", "tokens_per_hour", 40_000, "Exhausted property tokens per hour", "%Y-%m-%d %H"),
    (
        *("tokensPerProjectPerHour", "tokens_per_project_per_hour", 14_000),
        *("Exhausted property tokens for a project per hour", "%Y-%m-%d %H"),
    ),
)
RETURN = {"%Y-%m-%d": "under 24 hours", "%Y-%m-%d %H": "under an hour"}
ENUMS = {"COMPATIBLE": 1, **TYPES}


class Refused(Exception):
    """An error as Google writes it."""

    def __init__(self, code: int, status: str, message: str) -> None:
        super().__init__(message)
        self.body = {"error": {"code": code, "message": message, "status": status}}
        self.code = code


async def answer(request: Request, world: World) -> Response:
    """One call under the vendor's prefix, with a token; the token endpoint, and the key file, need none."""
    rest = request.path_params["rest"].strip("/")
    if rest == "token" and request.method == "POST":
        return await ga4_login.give_token(request, world)
    if rest == "key-file":
        return json_response(ga4_login.key_file(request, world))
    if not ga4_login.is_good(request.headers.get("authorization", ""), world):
        text = "Request is missing required authentication credential. Expected OAuth 2 access token."
        return refusal(Refused(401, "UNAUTHENTICATED", text))
    return await serve(rest.removeprefix("v1beta/"), request, world)


async def answer_unasked(request: Request, world: World) -> Response:
    """The same at the root of the host, where Google's own client looks for it; it may come without credentials."""
    return await serve(request.path_params["rest"].strip("/"), request, world)


async def serve(rest: str, request: Request, world: World) -> Response:
    """The answer of a known method, enums by number where Google's client asks for it, or Google's error."""
    try:
        name, _, method = rest.removeprefix("properties/").replace("/metadata", ":metadata").partition(":")
        require_property(name)
        if (request.method, method) == ("GET", "metadata"):
            body = metadata(name)
        elif (request.method, method) in POSTS:
            body = POSTS[request.method, method](decoded(await request.body()), request, world)
        else:
            raise Refused(404, "NOT_FOUND", "The requested URL was not found on this server.")
    except Refused as error:
        return refusal(error)
    except Invalid as error:
        return refusal(Refused(400, "INVALID_ARGUMENT", str(error)))
    return json_response(numbered(body) if "enum-encoding=int" in request.url.query else body)


def refusal(error: Refused) -> Response:
    return json_response(error.body, error.code)


def require_property(name: str) -> None:
    if not name.isdigit():
        raise Invalid(f"Invalid property ID: {name}. A numeric Property ID is required.")
    if name != PROPERTY:
        raise Refused(403, "PERMISSION_DENIED", "User does not have sufficient permissions for this property.")


def decoded(body: bytes) -> Asked:
    try:
        return msgspec.json.decode(body, type=Asked)
    except msgspec.DecodeError as error:
        raise Invalid(f"Invalid JSON payload received. {error}") from None


def run_report(asked: Asked, request: Request, world: World) -> dict[str, Any]:
    """A page of the report; what it cost is taken from the property's tokens, if there are any left."""
    limit, offset = whole(asked.limit, "limit", least=1), whole(asked.offset, "offset", least=0)
    left = tokens_left(world)
    for name, _, _, words, period in TOKENS:
        if world.limited and left[name] <= 0:
            told = f"{words}. These quota tokens will return in {RETURN[period]}."
            raise Refused(429, "RESOURCE_EXHAUSTED", told)
    report = compute(asked, world)
    cost = REPORT_TOKENS + len(report.rows) // ROWS_PER_TOKEN
    spend(cost, world)
    page = report.rows[offset : offset + min(limit, LARGEST_PAGE)]
    if world.faults.take("ga4", request.url.path, {"empty_page"}):
        page = []
    body = headers(report) | shown(report, page) | {"metadata": about(report, world), "kind": "analyticsData#runReport"}
    return body | ({"propertyQuota": quota(cost, world)} if asked.return_property_quota else {})


def whole(text: str | int, name: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise Invalid(f"Invalid value at '{name}' (TYPE_INT64), {text!r}") from None
    if number < least:
        raise Invalid(f"{name} must be at least {least}, it is {number}")
    return number


def headers(report: Report) -> dict[str, Any]:
    return {
        "dimensionHeaders": [{"name": name} for name in report.dimensions],
        "metricHeaders": [{"name": name, "type": METRICS[name]} for name in report.metrics],
    }


def shown(report: Report, page: list[Any]) -> dict[str, Any]:
    """The rows of a page and the count of all; what is empty is left out."""
    rows = [
        {
            "dimensionValues": [{"value": text} for text in dimensions],
            "metricValues": [{"value": f"{number:.15g}"} for number in metrics],
        }
        for dimensions, metrics in page
    ]
    return {**({"rows": rows} if rows else {}), **({"rowCount": len(report.rows)} if report.rows else {})}


def about(report: Report, world: World) -> dict[str, Any]:
    """What holds for all rows; a flag that is false is left out."""
    own = settings_of(world)
    told: dict[str, Any] = {"currencyCode": "EUR", "timeZone": zone_of(world).key}
    if own.get("thresholding"):
        told["subjectToThresholding"] = True
    if report.has_other:
        told["dataLossFromOtherRow"] = True
    if own.get("sampled"):
        read, there = map(str, own["sampled"])
        told["samplingMetadatas"] = [{"samplesReadCount": read, "samplingSpaceSize": there}]
    return told


def spent(world: World) -> Counter[tuple[str, str]]:
    return world.memory.setdefault("ga4 spent", Counter())


def period_of(pattern: str, world: World) -> str:
    return datetime.fromtimestamp(world.clock.unix, QUOTA_ZONE).strftime(pattern)


def tokens_left(world: World) -> dict[str, int]:
    own = settings_of(world)
    return {
        name: own.get(key, amount) - spent(world)[name, period_of(period, world)]
        for name, key, amount, _, period in TOKENS
    }


def spend(cost: int, world: World) -> None:
    for name, _, _, _, period in TOKENS:
        spent(world)[name, period_of(period, world)] += cost


def quota(cost: int, world: World) -> dict[str, Any]:
    """The property's quotas after this request."""
    tokens = {name: {"consumed": cost, "remaining": max(left, 0)} for name, left in tokens_left(world).items()}
    return {
        **tokens,
        "concurrentRequests": {"consumed": 0, "remaining": 10},
        "serverErrorsPerProjectPerHour": {"consumed": 0, "remaining": 10},
        "potentiallyThresholdedRequestsPerHour": {"consumed": 0, "remaining": 120},
    }


def metadata(name: str) -> dict[str, Any]:
    return {
        "name": f"properties/{name}/metadata",
        "dimensions": [{"apiName": each, "uiName": each} for each in DIMENSIONS],
        "metrics": [{"apiName": each, "uiName": each, "type": kind} for each, kind in METRICS.items()],
    }


def check_compatibility(asked: Asked, request: Request, world: World) -> dict[str, Any]:
    """Every field asked for; what cannot go together is refused, as runReport refuses it."""
    table_for(asked)
    return {
        f"{kind}Compatibilities": [
            {"compatibility": "COMPATIBLE", f"{kind}Metadata": {"apiName": each.name}} for each in fields
        ]
        for kind, fields in (("dimension", asked.dimensions), ("metric", asked.metrics))
    }


POSTS = {("POST", "runReport"): run_report, ("POST", "checkCompatibility"): check_compatibility}


def numbered(body: Any) -> Any:
    """The same with every enum by its number."""
    if isinstance(body, dict):
        return {key: numbered(value) for key, value in body.items()}
    if isinstance(body, list):
        return [numbered(each) for each in body]
    return ENUMS.get(body, body) if isinstance(body, str) else body
