"""Typeform: forms, and their responses by token or by time.

Inclusive ``since`` and ``until``, exclusive tokens, pages of 25 by default, half an hour before a response is shown.
"""

import math
import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from sandbox.dataset import Record, StreamSpec, Version, World, json_response

HIDDEN_SECONDS = 1800
FORM_PAGES, RESPONSE_PAGES = (10, 200), (25, 1000)
DEFINITION_ONLY = frozenset({"fields", "logic", "welcome_screens", "thankyou_screens", "hidden", "variables"})
CLOCKS = {"completed": "submitted_at", "partial": "staged_at", "started": "landed_at"}


class FormKeys(msgspec.Struct, gc=False):
    id: str
    created_at: datetime | None = None
    last_updated_at: datetime | None = None


class ResponseKeys(msgspec.Struct, gc=False):
    id: str = msgspec.field(name="response_id")
    token: str | None = None
    response_type: str = "completed"
    landed_at: datetime | None = None
    staged_at: datetime | None = None
    submitted_at: datetime | None = None


STREAMS = (StreamSpec("typeform/forms", FormKeys), StreamSpec("typeform/responses", ResponseKeys))


class Refused(Exception):
    """A parameter the vendor answers with 400."""


async def answer(request: Request, world: World) -> Response:
    """One call of the API: token, limit, then the endpoint."""
    if not re.match(r"(?i)bearer +\S", request.headers.get("authorization", "")):
        text = "Authentication credentials not found on the Request Headers"
        return json_response({"code": "AUTHENTICATION_FAILED", "description": text}, 401)
    if world.limited and world.calls.take("typeform", 2, 1)[0] > 2:
        return json_response({"code": "TOO_MANY_REQUESTS", "description": "Too many requests"}, 429)
    parts = request.path_params["rest"].strip("/").split("/")
    try:
        return serve(parts, request.query_params, world)
    except Refused as error:
        return json_response({"code": "VALIDATION_ERROR", "description": str(error)}, 400)


def serve(parts: list[str], params: QueryParams, world: World) -> Response:
    """The list of forms, one form, or its responses."""
    now = world.clock.unix
    if parts == ["me"]:
        return json_response({"user_id": "1", "alias": "robot", "email": "robot@sandbox", "language": "en"})
    if parts == ["forms"]:
        return json_response(list_forms(params, world))
    form = world.stream("typeform/forms").live(now).get(parts[1]) if parts[0] == "forms" and len(parts) > 1 else None
    if form is None:
        return json_response({"code": "FORM_NOT_FOUND", "description": "Form not found"}, 404)
    if len(parts) == 2:
        return Response(bytes(form.raw), media_type="application/json")
    if parts[2:] == ["responses"]:
        return json_response(list_responses(parts[1], params, world))
    return json_response({"code": "NOT_FOUND", "description": "Endpoint not found"}, 404)


def created_order(version: Version) -> tuple[float, str]:
    return (unix(version.keys.created_at), version.keys.id)


def changed_order(version: Version) -> tuple[float, str]:
    return (unix(version.keys.last_updated_at), version.keys.id)


def list_forms(params: QueryParams, world: World) -> Record:
    """A page of the account's forms without their questions."""
    size, page = in_range(params, "page_size", FORM_PAGES), in_range(params, "page", (1, 10**9))
    order = changed_order if params.get("sort_by") == "last_updated_at" else created_order
    rows = world.stream("typeform/forms").rows(world.clock.unix, order)
    rows = rows[::-1] if params.get("order_by") == "desc" else rows
    items = [form.decode() for form in rows[(page - 1) * size : page * size]]
    shown = [{key: value for key, value in item.items() if key not in DEFINITION_ONLY} for item in items]
    return envelope(len(rows), size, shown)


def list_responses(form_id: str, params: QueryParams, world: World) -> Record:
    """A page of the form's responses. The total counts what the filters let through, whatever the tokens say."""
    if params.get("sort") and (params.get("after") or params.get("before")):
        raise Refused("sort cannot be used together with before or after")
    size = in_range(params, "page_size", RESPONSE_PAGES)
    types = (params.get("response_type") or "completed").split(",")
    if not set(types) <= set(CLOCKS):
        raise Refused(f"response_type must be of {sorted(CLOCKS)}")
    since, until = instant(params.get("since"), 0.0), instant(params.get("until"), math.inf)
    ids = (params.get("included_response_ids") or "").split(",")
    rows = [
        row
        for row in of_form(form_id, world)
        if row.keys.response_type in types and since <= own_second(row) <= until and (ids == [""] or row.keys.id in ids)
    ]
    page = in_sort(rows, params["sort"]) if params.get("sort") else by_token(rows, params, world)
    return envelope(len(rows), size, [version.raw for version in page[:size]])


def of_form(form_id: str, world: World) -> list[Version]:
    """The form's responses that the vendor already shows, in the order in which it processed them."""
    now, stream = world.clock.unix, world.stream("typeform/responses")

    def make(at: float) -> dict[str, list[Version]]:
        forms: dict[str, list[Version]] = {}
        for row in stream.rows(at, processed_order):
            if own_clock(row) <= at - HIDDEN_SECONDS:
                forms.setdefault(row.form_id or "", []).append(row)
        return forms

    return stream.cached(now, "by form", make).get(form_id, [])


def own_clock(version: Version) -> float:
    """The clock of the response's type: submitted, staged or landed."""
    keys = version.keys
    return unix(getattr(keys, CLOCKS[keys.response_type]) or keys.landed_at)


def own_second(version: Version) -> int:
    return int(own_clock(version))


def processed_order(version: Version) -> tuple[float, str]:
    return (own_clock(version), version.keys.id)


def in_sort(rows: list[Version], sort: str) -> list[Version]:
    """The rows by the named time, ascending or descending."""
    name, _, direction = sort.partition(",")
    if name not in CLOCKS.values() or direction not in ("asc", "desc", ""):
        raise Refused(f"unknown sort {sort!r}")
    return sorted(rows, key=lambda row: (unix(getattr(row.keys, name)), row.keys.id), reverse=direction == "desc")


def by_token(rows: list[Version], params: QueryParams, world: World) -> list[Version]:
    """Newest first, or oldest first behind ``after``, so that either token walks through everything once."""
    if params.get("before"):
        end = position_of("before", params, world)
        rows = [row for row in rows if processed_order(row) < end]
    if params.get("after"):
        start = position_of("after", params, world)
        return [row for row in rows if processed_order(row) > start]
    return rows[::-1]


def position_of(name: str, params: QueryParams, world: World) -> tuple[float, str]:
    """Where the response with this token stands in the order of processing."""
    stream = world.stream("typeform/responses")

    def make(at: float) -> dict[str, Version]:
        return {row.keys.token or row.keys.id: row for row in stream.live(at).values()}

    found = stream.cached(world.clock.unix, "by token", make).get(params[name])
    if found is None:
        raise Refused(f"{name} is not the token of a response")
    return processed_order(found)


def envelope(total: int, size: int, items: list[Any]) -> Record:
    return {"total_items": total, "page_count": -(-total // size), "items": items}


def in_range(params: QueryParams, name: str, bounds: tuple[int, int]) -> int:
    """A whole number from 1 to the largest, or the default; bounds are (default, largest)."""
    text = params.get(name) or str(bounds[0])
    if not re.fullmatch(r"[1-9]\d*", text) or int(text) > bounds[1]:
        raise Refused(f"{name} must be between 1 and {bounds[1]}")
    return int(text)


def instant(text: str | None, default: float) -> float:
    """Unix seconds of a Unix number or an ISO time, which is UTC when it does not say."""
    if not text:
        return default
    if text.isdigit():
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text!r} is not a time") from error
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def unix(value: datetime | None) -> float:
    return 0.0 if value is None else value.timestamp()
