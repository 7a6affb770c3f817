"""Zendesk's incremental exports, by cursor and by time; metric events also come in pages of a list.

Rows are ordered by the export's own clock, what changed in the last minute is withheld, a time-based page repeats the
last second of the one before, an idle cursor is null, and a page that is too heavy is not made in time.
"""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.dataset import Version, World, json_response
from sandbox.zendesk_lists import cursor_body
from sandbox.zendesk_paging import BadRequest, absolute, asks_for_pages, make_cursor, page_size, parse_cursor
from sandbox.zendesk_records import WITHHELD_SECONDS, Export, exportable, first_after, shown

EXPORT_PAGE = 1000
# A page of more than one record that weighs more than this times out.
HEAVY_BYTES = 24 * 1024 * 1024


def page(path: str, export: Export, request: Request, world: World) -> Response:
    if export.has_pages and asks_for_pages(request.query_params):
        return list_page(path, export, request, world)
    return (cursor_page if export.by_cursor else time_page)(path, export, request, world)


def list_page(path: str, export: Export, request: Request, world: World) -> Response:
    """Rows from the start time on, in pages of a list."""
    rows = exportable(export, world)
    rows = rows[first_after(rows, export.order, (start_time(request, world), 0)) :]
    return json_response(cursor_body(path, export, request, rows))


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
    if is_heavy(page):
        return timed_out()
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
    if is_heavy(page):
        return timed_out()
    end_time = export.order(page[-1])[0] + int(one_second and not is_end) if page else None
    kept = {key: params[key] for key in ("include", "per_page") if key in params}
    body: dict[str, Any] = {
        export.rows: [shown(path, version, params.get("include", "")) for version in page],
        "next_page": absolute(request, path, {**kept, "start_time": end_time}) if page else None,
        "count": len(page),
        "end_time": end_time,
    }
    if export.says_when_over:
        body["end_of_stream"] = is_end
    return json_response(body)


def start_time(request: Request, world: World) -> int:
    """The required start time; one younger than a minute is refused."""
    text = request.query_params.get("start_time", "")
    if not re.fullmatch(r"\d+", text):
        raise BadRequest("start_time", "start_time is required and must be a Unix time in seconds")
    if int(text) > world.clock.unix - WITHHELD_SECONDS:
        raise BadRequest("start_time", "Too recent start_time. Use a start_time older than 60 seconds")
    return int(text)


def is_heavy(page: list[Version]) -> bool:
    return len(page) > 1 and sum(len(version.raw) for version in page) > HEAVY_BYTES


def timed_out() -> Response:
    return Response("upstream request timeout", 504, media_type="text/plain")
