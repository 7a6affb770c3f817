"""How WooCommerce is asked: the key, bodies with PHP's notices in front, and lists walked so that no row slips away."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from cx_etl.auth import SignedQuery
from cx_etl.connections import Connection
from cx_etl.errors import DataError, RestartError, RetriableError
from cx_etl.sources.base import Answer, Page, Request, Window

API = "/wp-json/wc/v3"
PAGE_SIZE = 100
SECOND = timedelta(seconds=1)
# Where JSON starts: at the beginning, or on a line of its own below what PHP had to complain of.
JSON_START = re.compile(rb"^[ \t\xef\xbb\xbf]*(?=[\[{])", re.MULTILINE)


def key(connection: Connection) -> httpx.Auth:
    """The consumer key and secret: sent over TLS, else only used to sign."""
    if connection.host.startswith("http://"):
        return SignedQuery(connection.login, connection.password)
    return httpx.BasicAuth(connection.login, connection.password)


def json_of(body: bytes) -> bytes:
    """The JSON of a body, without notices that PHP printed in front of it."""
    found = JSON_START.search(body)
    return body[found.end() :] if found else body


def split(body: bytes) -> list[tuple[int, msgspec.Raw]]:
    return [(0, record) for record in msgspec.json.decode(json_of(body), type=list[msgspec.Raw])]


def rows_of(answer: Answer) -> list[dict[str, Any]]:
    return msgspec.json.decode(json_of(answer.body), type=list[dict[str, Any]])


def count(answer: Answer, header: str) -> int:
    """A count of the vendor's; raises DataError where it is missing, because then nothing can be proven complete."""
    text = answer.headers.get(header, "")
    if not text.isdigit():
        raise DataError(
            f"woocommerce {answer.request.path}: the answer has no {header}",
            "let the proxy or firewall in front of the site pass the X-WP headers; silence PHP's display_errors",
        )
    return int(text)


@dataclass(frozen=True)
class Clock:
    """A time of the vendor's rows by which a list is filtered and sorted: the filter, the sort, the field."""

    after: str
    orderby: str
    field: str


MODIFIED = Clock("modified_after", "modified", "date_modified")
CREATED = Clock("after", "date", "date_created")


def since(moment: datetime, path: str, clock: Clock, **params: str) -> Request:
    """The first page of everything at or after the moment. The filter excludes the second that it names."""
    asked = {
        **params,
        clock.after: (moment - SECOND).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "dates_are_gmt": "true",
        "orderby": clock.orderby,
        "order": "asc",
        "per_page": str(PAGE_SIZE),
        "page": "1",
    }
    return Request(API + path, params=asked, chain=params.get("status", ""))


def read_since(answer: Answer, clock: Clock) -> Page:
    """A page of a list sorted by time. Page numbers drift when rows move, so the next request starts at a time."""
    rows, request = rows_of(answer), answer.request
    page, pages = int(request.params["page"]), count(answer, "X-WP-TotalPages")
    _require_asked(request, rows, clock)
    # Later requests count what is left; only the first says how many there are.
    total = None if "offset" in request.context else count(answer, "X-WP-Total")
    if page >= pages:
        return Page(len(rows), (), total)
    offset, following = _next_start(request, rows, clock)
    params = {"page": str(page + 1)}
    if following > request.params[clock.after]:
        params = {clock.after: following, "page": "1"}
    # As long as a whole page lies within one second there is no other way than the next number.
    context = {**request.context, "offset": str(offset)}
    return Page(len(rows), (request.with_params(**params).but(context=context),), total)


def _require_asked(request: Request, rows: list[dict[str, Any]], clock: Clock) -> None:
    """Raise RetriableError for a page that was not asked for: it would hide another."""
    asked, is_trash = request.params, request.params.get("status") == "trash"
    for row in rows:
        time = row.get(f"{clock.field}_gmt")
        is_early = isinstance(time, str) and time < asked[clock.after]
        is_elsewhere = "status" in asked and (row.get("status") == "trash") != is_trash
        if is_early or is_elsewhere:
            raise RetriableError(
                f"woocommerce {request.path}: record {row.get('id')} is not of the page that was asked for",
                f"run again; if it stays, the site ignores {clock.after}: update WooCommerce, see `cx doctor`",
            )


def _next_start(request: Request, rows: list[dict[str, Any]], clock: Clock) -> tuple[int, str]:
    """The site's largest offset from GMT so far, in seconds, and the filter that leaves out no row behind the page.

    Sites without order tables sort by their own clock, which repeats an hour each autumn: rows of the hour before the
    change stand among those of the hour after it. So the last row's local time is read at the largest offset seen.
    """
    times = [pair for row in rows if (pair := _local_and_gmt(row, clock.field))]
    if not times:
        raise DataError(f"woocommerce {request.path}: no record of a page tells its {clock.field}_gmt")
    offset = max(int((local - gmt).total_seconds()) for local, gmt in times)
    offset = max(offset, int(request.context.get("offset", offset)))
    start = max(local for local, _ in times) - timedelta(seconds=offset) - SECOND
    return offset, start.strftime("%Y-%m-%dT%H:%M:%S")


def _local_and_gmt(row: dict[str, Any], field: str) -> tuple[datetime, datetime] | None:
    """Both clocks of a row; None for one that does not tell them, which its contract will reject."""
    try:
        gmt = datetime.fromisoformat(row[f"{field}_gmt"])
        local = datetime.fromisoformat(row.get(field) or row[f"{field}_gmt"])
    except (KeyError, TypeError, ValueError):
        return None
    return local.replace(tzinfo=None), gmt.replace(tzinfo=None)


def numbered(path: str, **context: str) -> Request:
    """The first page of a short list."""
    asked = {"per_page": str(PAGE_SIZE), "page": "1"}
    return Request(API + path, params=asked, context=context, chain=path)


def read_numbered(answer: Answer) -> Page:
    """A page of a short list; the vendor says how many there are."""
    request, page = answer.request, int(answer.request.params["page"])
    total = count(answer, "X-WP-Total") if page == 1 else None
    has_more = page < count(answer, "X-WP-TotalPages")
    return Page(len(rows_of(answer)), (request.with_params(page=str(page + 1)),) if has_more else (), total)


def whole_list(path: str, **params: str) -> Callable[[Window], tuple[Request, ...]]:
    """Lists without a usable filter by time are read whole each night, oldest id first."""

    def start(window: Window) -> tuple[Request, ...]:
        asked = {**params, "orderby": "id", "order": "asc", "per_page": str(PAGE_SIZE), "offset": "0"}
        return (Request(API + path, params=asked),)

    return start


def read_whole_list(answer: Answer) -> Page:
    """Pages overlap by one row: where it is not the one that ended the page before, rows have moved in between."""
    rows, request = rows_of(answer), answer.request
    offset, total = int(request.params["offset"]), count(answer, "X-WP-Total")
    ids = [str(row.get("id")) for row in rows]
    last = request.context.get("last")
    if last and last not in ids:
        raise RestartError(
            f"woocommerce {request.path}: record {last} has moved to another page", "run again: the list is read anew"
        )
    counted = None if last else total
    if offset + len(rows) >= total:
        return Page(len(rows), (), counted)
    following = request.with_params(offset=str(offset + len(rows) - 1)).but(context={"last": max(ids, key=_as_number)})
    return Page(len(rows), (following,), counted)


def _as_number(text: str) -> int:
    return int(text) if text.isdigit() else -1
