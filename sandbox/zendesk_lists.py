"""Zendesk's lists: by cursor or page number, whole, and the responses to surveys, which have errors of their own."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.dataset import Record, Version, World, json_response
from sandbox.zendesk_paging import absolute, asks_for_pages, make_cursor, page_size, parse_cursor, whole_number
from sandbox.zendesk_records import (
    HOLIDAYS,
    SURVEYS,
    Export,
    created_order,
    first_after,
    has_metrics,
    seconds,
    shown,
)

LIST_PAGE = 100
SURVEY_PAGE = 50
OFFSET_PAGES = 100
DELETED_SECONDS = 30 * 24 * 3600


def page(path: str, export: Export, request: Request, world: World) -> Response:
    """A filtered list, by cursor when ``page[...]`` is given and by page number otherwise."""
    params, stream = request.query_params, world.stream(export.stream)
    filters = (path, *sorted((name, value) for name, value in params.items() if "page" not in name))
    rows = stream.cached(
        world.clock.unix, filters, lambda at: [row for row in live(export, world) if chosen(path, row, params, world)]
    )
    if asks_for_pages(params):
        return json_response(cursor_body(path, export, request, rows))
    return offset_page(path, export, request, rows)


def live(export: Export, world: World) -> list[Version]:
    return world.stream(export.stream).rows(world.clock.unix, export.order)


def cursor_body(path: str, export: Export, request: Request, rows: list[Version], largest: int = LIST_PAGE) -> Record:
    params = request.query_params
    size = page_size(params.get("page[size]"), largest)
    first = first_after(rows, export.order, parse_cursor(params["page[after]"])) if params.get("page[after]") else 0
    page, has_more = rows[first : first + size], first + size < len(rows)
    cursor = make_cursor(export.order(page[-1])) if page else None
    following = {**dict(params), "page[after]": cursor, "page[size]": size}
    return {
        export.rows: [shown(path, version, "") for version in page],
        "meta": {"has_more": has_more, "after_cursor": cursor, "before_cursor": params.get("page[after]")},
        "links": {"prev": None, "next": absolute(request, path, following) if has_more else None},
    }


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
        export.rows: [shown(path, version, "") for version in page],
        "next_page": absolute(request, path, following) if number * size < len(rows) else None,
        "previous_page": absolute(request, path, {**dict(params), "page": number - 1}) if number > 1 else None,
        "count": len(rows),
    }
    return json_response(body)


def chosen(path: str, version: Version, params: Any, world: World) -> bool:
    """Whether a list has the row, by its own filters and what it always leaves out."""
    now = world.clock.unix
    if path == "satisfaction_ratings":
        return not is_on_surveys(world) and has_rating(version, params)
    if path == "deleted_tickets":
        return seconds(version.keys.deleted_at, version.at) >= now - DELETED_SECONDS
    if path == "ticket_metrics":
        return has_metrics(version, now)
    if path == "groups":
        return not (version.keys.deleted and params.get("exclude_deleted") == "true")
    return True


def is_on_surveys(world: World) -> bool:
    """Whether the account has left the legacy ratings; it has them or surveys, not both."""
    return world.dataset.settings.get("zendesk", {}).get("csat") == "survey"


def has_rating(version: Version, params: Any) -> bool:
    """Whether a rating was made in the asked times (both ends included) and has the asked score."""
    at, score = created_order(version)[0], params.get("score")
    if at < whole_number(params, "start_time", 0) or at > whole_number(params, "end_time", at):
        return False
    if not score:
        return True
    wanted, _, suffix = re.sub(r"_with(out)?_comment$", r" with\1", score).partition(" ")
    has_comment = bool(version.keys.comment)
    is_score = version.keys.score in ("good", "bad") if wanted == "received" else version.keys.score == wanted
    return is_score and (not suffix or has_comment == (suffix == "with"))


def whole(path: str, export: Export, request: Request, world: World) -> Response:
    """A short list: numbered pages of a hundred, or, for schedules, all of it."""
    rows = live(export, world)
    if export.rows == "schedules":
        url = absolute(request, path, {})
        return json_response({export.rows: [version.raw for version in rows], "url": url.rstrip("?")})
    return offset_page(path, export, request, rows)


def holidays(path: str, schedule: str, request: Request, world: World) -> Response:
    """The holidays of one schedule. Which one that is, a holiday's record does not say."""
    if int(schedule) not in world.stream("zendesk/schedules").live(world.clock.unix):
        return json_response({"error": "RecordNotFound", "description": "Not found"}, 404)
    records = [version.decode() for version in live(HOLIDAYS, world) if version.keys.schedule_id == schedule]
    for record in records:
        del record["schedule_id"]
    return json_response({"holidays": records, "url": absolute(request, path, {}).rstrip("?")})


def surveys(request: Request, world: World) -> Response:
    """All responses by cursor; what else may be asked for is not served."""
    params = request.query_params
    unknown = [name for name in params if name not in ("page[size]", "page[after]")]
    size = page_size(params.get("page[size]"), 10**9)
    if unknown or (size > SURVEY_PAGE and "page[size]" in params):
        return guide_error(400, "InvalidParameter", f"invalid parameter: {', '.join(unknown) or 'page[size]'}")
    body = cursor_body("guide/survey_responses", SURVEYS, request, live(SURVEYS, world), SURVEY_PAGE)
    return json_response(body)


def survey(key: str, world: World) -> Response:
    found = world.stream(SURVEYS.stream).live(world.clock.unix).get(key)
    if found is None:
        return guide_error(404, "NotFound", "Survey response not found")
    return json_response({"survey_response": found.raw})


def guide_error(status: int, code: str, title: str) -> Response:
    return json_response({"errors": [{"code": code, "status": str(status), "title": title}]}, status)
