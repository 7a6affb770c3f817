"""Zendesk Support: incremental exports (by cursor and by time) and legacy satisfaction ratings.

Rules come from the vendor's OpenAPI and from recorded answers: rows are ordered by the export's own clock, what changed
in the last minute is withheld, a time-based page repeats the last second of the one before, an idle cursor is null.
"""

import base64
import binascii
import re
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from sandbox.dataset import Version, World, json_response
from sandbox.zendesk_records import (
    EXPORTS,
    LISTS,
    STREAMS,
    WITHHELD_SECONDS,
    Export,
    exportable,
    first_after,
    shown,
    updated_order,
)

__all__ = ["STREAMS", "answer"]

EXPORT_PAGE = 1000
LIST_PAGE = 100
OFFSET_PAGES = 100
ACCOUNT_PER_MINUTE = 700


class BadRequest(Exception):
    """A parameter the vendor refuses with 422."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(description)
        self.details = {name: [{"error": "InvalidValue", "description": description}]}


async def answer(request: Request, world: World) -> Response:
    """One call of the API: credentials, limits, then the endpoint."""
    if not request.headers.get("authorization", "").partition(" ")[2].strip():
        return json_response({"error": "Couldn't authenticate you"}, 401)
    path = request.url.path.removeprefix("/zendesk/api/v2/").removesuffix(".json")
    refused, headers = count_call(path, world)
    if refused:
        return refused
    try:
        response = serve(path, request, world)
    except BadRequest as error:
        body = {"error": "RecordInvalid", "description": "Record validation errors", "details": error.details}
        response = json_response(body, 422)
    response.headers.update(headers)
    return response


def count_call(path: str, world: World) -> tuple[Response | None, dict[str, str]]:
    """The refusal of a call over its limit, if limits are on, and the header family of every answer."""
    budgets = {"account": ACCOUNT_PER_MINUTE}
    if path in EXPORTS and EXPORTS[path].by_cursor:
        budgets["incremental-exports-cursor"] = 20
    elif path in EXPORTS:
        budgets["incremental-exports"] = 10
    headers: dict[str, str] = {}
    for name, limit in budgets.items():
        count, resets = world.calls.take(f"zendesk {name}", limit, 60) if world.limited else (0, 60.0)
        headers |= limit_headers(name, limit, max(limit - count, 0), int(resets) + 1)
        if count > limit:
            text = "Number of allowed incremental export API requests per minute exceeded"
            body = {"error": "APIRateLimitExceeded", "description": text}
            return json_response(body, 429, headers | {"Retry-After": str(int(resets) + 1)}), headers
    return None, headers


def limit_headers(name: str, limit: int, left: int, resets: int) -> dict[str, str]:
    if name != "account":
        return {f"zendesk-ratelimit-{name}": f"total={limit}; remaining={left}; resets={resets}"}
    return {
        "x-rate-limit": str(limit),
        "x-rate-limit-remaining": str(left),
        "ratelimit-limit": str(limit),
        "ratelimit-remaining": str(left),
        "ratelimit-reset": str(resets),
    }


def serve(path: str, request: Request, world: World) -> Response:
    """The answer of a known endpoint, or the vendor's 404."""
    if request.method == "GET" and path in EXPORTS:
        export = EXPORTS[path]
        return (cursor_page if export.by_cursor else time_page)(path, export, request, world)
    if request.method == "GET" and path in LISTS:
        return list_page(path, LISTS[path], request, world)
    return json_response({"error": "RecordNotFound", "description": "Not found"}, 404)


def cursor_page(path: str, export: Export, request: Request, world: World) -> Response:
    """Rows after the cursor, or from the start time on. Without any: null cursors and the end of the stream."""
    params = request.query_params
    position = parse_cursor(params["cursor"]) if params.get("cursor") else (start_time(request, world), 0)
    rows = exportable(export, world)
    first = first_after(rows, export.order, position)
    size = page_size(params.get("per_page"), EXPORT_PAGE)
    page = rows[first : first + size]
    is_end = first + size >= len(rows)
    cursor = make_cursor(export.order(page[-1])) if page else None
    if world.faults.take("zendesk", request.url.path, {"empty_page"}):
        page, is_end, cursor = [], False, make_cursor(position)
    kept = {key: params[key] for key in ("include", "per_page") if key in params}
    body = {
        export.rows: [shown(path, version, params.get("include", "")) for version in page],
        "after_url": absolute(request, path, {"cursor": cursor, **kept}) if cursor else None,
        "after_cursor": cursor,
        "before_url": None,
        "before_cursor": None,
        "end_of_stream": is_end,
    }
    return json_response(body)


def time_page(path: str, export: Export, request: Request, world: World) -> Response:
    """Rows from the start time on; a page that holds one second only is stretched to all of it."""
    start, params = start_time(request, world), request.query_params
    rows = exportable(export, world)
    first = first_after(rows, export.order, (start, 0))
    last = min(first + page_size(params.get("per_page"), EXPORT_PAGE), len(rows))
    one_second = first < last and export.order(rows[first])[0] == export.order(rows[last - 1])[0]
    if one_second:
        last = first_after(rows, export.order, (export.order(rows[first])[0] + 1, 0))
    page, is_end = rows[first:last], last >= len(rows)
    end_time = export.order(page[-1])[0] + int(one_second and not is_end) if page else None
    kept = {key: params[key] for key in ("include", "per_page") if key in params}
    body = {
        export.rows: [shown(path, version, params.get("include", "")) for version in page],
        "next_page": absolute(request, path, {**kept, "start_time": end_time}) if page else None,
        "count": len(page),
        "end_of_stream": is_end,
        "end_time": end_time,
    }
    return json_response(body)


def list_page(path: str, export: Export, request: Request, world: World) -> Response:
    """A filtered list, by cursor when ``page[...]`` is given and by page number otherwise."""
    params = request.query_params
    live = world.stream(export.stream).rows(world.clock.unix, export.order)
    rows = [version for version in live if chosen(version, params)]
    if "page[size]" not in params and "page[after]" not in params:
        return offset_page(path, export, request, rows)
    first = first_after(rows, export.order, parse_cursor(params["page[after]"])) if params.get("page[after]") else 0
    size = page_size(params.get("page[size]"), LIST_PAGE)
    page, has_more = rows[first : first + size], first + size < len(rows)
    cursor = make_cursor(export.order(page[-1])) if page else None
    following = {**dict(params), "page[after]": cursor, "page[size]": size}
    body = {
        export.rows: [version.raw for version in page],
        "meta": {"has_more": has_more, "after_cursor": cursor, "before_cursor": params.get("page[after]")},
        "links": {"prev": None, "next": absolute(request, path, following) if has_more else None},
    }
    return json_response(body)


def offset_page(path: str, export: Export, request: Request, rows: list[Version]) -> Response:
    """A numbered page; the vendor refuses to go beyond a hundred of them."""
    params = request.query_params
    size, number = page_size(params.get("per_page"), LIST_PAGE), page_size(params.get("page", "1"), 10**9)
    if number > OFFSET_PAGES:
        text = f"Number of pages exceeds the limit of {OFFSET_PAGES}: use cursor pagination"
        return json_response({"error": "InvalidPaginationDepth", "description": text}, 400)
    page = rows[(number - 1) * size : number * size]
    following = {**dict(params), "page": number + 1}
    body = {
        export.rows: [version.raw for version in page],
        "next_page": absolute(request, path, following) if number * size < len(rows) else None,
        "previous_page": absolute(request, path, {**dict(params), "page": number - 1}) if number > 1 else None,
        "count": len(rows),
    }
    return json_response(body)


def chosen(version: Version, params: Any) -> bool:
    """Whether a row is within the asked times (both ends included, by its last change) and has the asked score."""
    at, score = updated_order(version)[0], params.get("score")
    if at < whole_number(params, "start_time", 0) or at > whole_number(params, "end_time", at):
        return False
    if not score:
        return True
    wanted, _, suffix = re.sub(r"_with(out)?_comment$", r" with\1", score).partition(" ")
    has_comment = bool(version.keys.comment)
    is_score = version.keys.score in ("good", "bad") if wanted == "received" else version.keys.score == wanted
    return is_score and (not suffix or has_comment == (suffix == "with"))


def start_time(request: Request, world: World) -> int:
    """The required start time; one younger than a minute is refused."""
    text = request.query_params.get("start_time", "")
    if not re.fullmatch(r"\d+", text):
        raise BadRequest("start_time", "start_time is required and must be a Unix time in seconds")
    if int(text) > world.clock.unix - WITHHELD_SECONDS:
        raise BadRequest("start_time", "Too recent start_time. Use a start_time older than 60 seconds")
    return int(text)


def page_size(text: str | None, largest: int) -> int:
    """The asked size within what the vendor gives; the largest when none is asked."""
    if text is None:
        return largest
    if not re.fullmatch(r"[1-9]\d*", text):
        raise BadRequest("per_page", f"{text!r} is not a page size")
    return min(int(text), largest)


def whole_number(params: Any, name: str, default: int) -> int:
    text = params.get(name) or str(default)
    if not re.fullmatch(r"\d+", text):
        raise BadRequest(name, f"{text!r} is not a Unix time")
    return int(text)


def make_cursor(position: tuple[Any, ...]) -> str:
    return base64.b64encode(f"{position[0]}.0||{position[1]}|".encode()).decode()


def parse_cursor(text: str) -> tuple[int, int]:
    """The position a cursor stands for."""
    try:
        found = re.fullmatch(r"(\d+)\.0\|\|(\d+)\|", base64.b64decode(text, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError):
        found = None
    if found is None:
        raise BadRequest("cursor", f"{text!r} is not a cursor")
    return int(found[1]), int(found[2])


def absolute(request: Request, path: str, params: dict[str, Any]) -> str:
    """The URL of a next page on the host the client used."""
    return f"{request.url.scheme}://{request.url.netloc}/zendesk/api/v2/{path}.json?{urlencode(params)}"
