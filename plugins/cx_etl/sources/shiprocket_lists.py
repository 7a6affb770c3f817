"""How Shiprocket is asked: the login, lists by page and by dates in India, and air waybills in batches."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from cx_etl.auth import FetchedToken
from cx_etl.connections import Connection
from cx_etl.errors import ConfigError, RetriableError
from cx_etl.sources.base import Answer, Page, Request
from cx_etl.sources.shiprocket_records import IST

API = "/v1/external"
PER_PAGE = "100"
AWBS_PER_CALL = 50
# Dates of one request, the first and the last included; the vendor refuses more than 30 days between the two.
DAYS_PER_REQUEST = 30
# No account is older.
FIRST_DAY = date(2017, 1, 1)
OLDEST_FIRST = {"sort": "ASC", "sort_by": "id"}
NEWEST_FIRST = {"sort": "DESC", "sort_by": "id"}


class Pagination(msgspec.Struct):
    """Where a page stands; ``links`` is an object, or an empty list where PHP has nothing to put into it."""

    total: int
    count: int
    current_page: int
    total_pages: int
    links: dict[str, str] | list[str] = []


class Meta(msgspec.Struct):
    pagination: Pagination


class Listed(msgspec.Struct):
    data: list[dict[str, Any]]
    meta: Meta


def login(connection: Connection) -> FetchedToken:
    """A token is good for ten days; nothing tells when one ends, so it is renewed when it is refused."""
    user = {"email": connection.login, "password": connection.password}
    return FetchedToken(httpx.Request("POST", f"{connection.host}{API}/auth/login", json=user), _token)


def _token(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["token"])
    except (ValueError, KeyError, TypeError):
        raise ConfigError("shiprocket's login gave no token", "check that the user is an API user") from None


def india_date(moment: datetime) -> date:
    return moment.astimezone(IST).date()


def is_history(day: date) -> bool:
    """Whether everything since the day is everything there is."""
    return day <= FIRST_DAY


def listing(path: str, params: dict[str, str], chain: str = "", **context: str) -> Request:
    """The first page of a list."""
    return Request(API + path, params={**params, "per_page": PER_PAGE, "page": "1"}, context=context, chain=chain)


def begun(path: str, params: dict[str, str], first: date, last: date, **context: str) -> Request:
    """What began on these days: the first of as many requests as that needs, each of which leads to the next."""
    first = max(first, FIRST_DAY)
    until = min(first + timedelta(days=DAYS_PER_REQUEST - 1), last)
    days = {**params, "from": str(first), "to": str(until)}
    return listing(path, days, f"{first} to {until}", **context, last=str(last))


def listed(answer: Answer) -> Listed:
    """A page as the vendor documents it; its numbers may be text."""
    return msgspec.json.decode(answer.body, type=Listed, strict=False)


def read_list(answer: Answer) -> Page:
    """A page of a list; behind the last page stand the next days of what was asked."""
    request, body = answer.request, listed(answer)
    page, told = int(request.params["page"]), body.meta.pagination
    seen = _seen(body.data)
    if (told.current_page, told.count) != (page, len(body.data)) or (seen and seen == request.context.get("before")):
        raise RetriableError(
            f"shiprocket {request.path}: asked was page {page} of {request.chain or 'all'}; page {told.current_page} "
            f"came, with {len(body.data)} of {told.count} records",
            "run again; if it stays, the vendor's paging is broken",
        )
    total = told.total if page == 1 else None
    note = request.context.get("note", "") if page == 1 else ""
    if page < told.total_pages or (body.data and "next" in told.links):
        return Page(len(body.data), (_next_page(request, page + 1),), total, note=note)
    return Page(len(body.data), _next_days(request, seen), total, note=note)


def _seen(rows: list[dict[str, Any]]) -> str:
    """What tells one page from another."""
    return f"{rows[0].get('id')} to {rows[-1].get('id')}" if rows else ""


def _next_page(request: Request, page: int) -> Request:
    return request.with_params(page=str(page)).but(context={**request.context, "before": ""})


def _next_days(request: Request, seen: str) -> tuple[Request, ...]:
    """The request for the days after these, if any are left; it must not be answered by this page again."""
    context = {**request.context, "note": "", "before": seen or request.context.get("before", "")}
    last = context.pop("last", "")
    if last <= request.params.get("to", ""):
        return ()
    params = {name: value for name, value in request.params.items() if name in OLDEST_FIRST}
    following = date.fromisoformat(request.params["to"]) + timedelta(days=1)
    return (begun(request.path.removeprefix(API), params, following, date.fromisoformat(last), **context),)


def track(awbs: Iterable[str]) -> tuple[Request, ...]:
    """What the couriers tell of these air waybills, each asked for once."""
    each = list(dict.fromkeys(awbs))
    batches = (each[start : start + AWBS_PER_CALL] for start in range(0, len(each), AWBS_PER_CALL))
    return tuple(Request(f"{API}/courier/track/awbs", "POST", json={"awbs": batch}) for batch in batches)


def track_one(awb: str) -> Request:
    """The same of one, where the vendor says so if it does not know it."""
    return Request(f"{API}/courier/track/awb/{quote(awb, safe='')}", accepts=(400, 404, 422))
