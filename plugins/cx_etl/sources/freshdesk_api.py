"""How Freshdesk's API is asked: who asks, how lists end, and walks that a list which moves cannot disturb."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from cx_etl.connections import Connection
from cx_etl.errors import ConfigError, DataError, RetriableError
from cx_etl.sources.base import NOTHING, Answer, Page, Quota, Request, Window, moments

PAGE_SIZE = 100
# What the vendor documents for conversations, where it names no parameter to change it.
CONVERSATIONS_PAGE_SIZE = 30
LAST_PAGE = 300
INCLUDE = "stats,requester,description"
ME, TICKETS = "/api/v2/agents/me", "/api/v2/tickets"
RATINGS, SURVEYS = "/api/v2/surveys/satisfaction_ratings", "/api/v2/surveys"
# Deleted and blocked things are in no ordinary list, each has a list of its own.
TICKET_LISTS, CONTACT_LISTS = ("", "deleted", "spam"), ("", "blocked", "deleted")
EVER = "1970-01-01T00:00:00Z"
ALL_TICKETS = 1
# Old plans count by the hour; none of the newer ones allows so many calls in a minute.
FEWEST_OF_AN_HOURLY_PLAN = 1000
SECOND = timedelta(seconds=1)


def login(connection: Connection) -> httpx.Auth:
    return httpx.BasicAuth(connection.password, "X")


def _as_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def walk_of_tickets(window: Window) -> tuple[Request, ...]:
    """First, who is asking: an agent that sees some of the tickets would be given those without a word."""
    return (Request(ME, context={"since": _as_text(window.start)}),)


def read_tickets(answer: Answer) -> Page:
    """Changed tickets, and all that lie in trash and spam: both are emptied after 30 days, and nothing says that moving
    a ticket there also moves its time of change.
    """
    if answer.request.path == ME:
        require_all_tickets(answer)
        since = {"": answer.request.context["since"]}
        lists = (_list_of_tickets(name, since.get(name, EVER), INCLUDE) for name in TICKET_LISTS)
        return Page(0, tuple(lists), bodies=NOTHING)
    rows = answer.decoded(list[dict[str, Any]])
    return Page(len(rows), _next_tickets(answer, rows))


def read_conversations(answer: Answer) -> Page:
    """Each changed ticket leads to its conversations, one credit each; where it lies does not matter."""
    if answer.request.path == ME:
        require_all_tickets(answer)
        lists = (_list_of_tickets(name, answer.request.context["since"]) for name in TICKET_LISTS)
        return Page(0, tuple(lists), bodies=NOTHING)
    if answer.request.path == TICKETS:
        rows = answer.decoded(list[dict[str, Any]])
        tickets = (_conversations_of(msgspec.convert(row["id"], int)) for row in rows)
        return Page(0, (*tickets, *_next_tickets(answer, rows)), bodies=NOTHING)
    return _read_conversations_of(answer)


def require_all_tickets(answer: Answer) -> str:
    """The agent's address. Raises ConfigError for an agent that sees only its own or its groups' tickets."""
    agent = answer.decoded()
    email = agent["contact"]["email"]
    if agent["ticket_scope"] != ALL_TICKETS:
        raise ConfigError(
            f"freshdesk: the agent {email} does not see all tickets, what it does not see would be missing",
            "give it global access under Admin, Agents, or use the key of an administrator",
        )
    return f"{email}, sees all tickets"


def _list_of_tickets(name: str, since: str, include: str = "") -> Request:
    params = {"updated_since": since, "order_by": "updated_at", "order_type": "asc", "per_page": str(PAGE_SIZE)}
    chosen = {key: value for key, value in (("filter", name), ("include", include)) if value}
    return Request(TICKETS, params={**params, **chosen, "page": "1"}, context={"filter": name})


def _next_tickets(answer: Answer, rows: list[dict[str, Any]]) -> tuple[Request, ...]:
    """Page one from the latest change on, which no ticket that moves can disturb. The second before it is asked for
    again, because nothing says whether ``updated_since`` counts its own second.

    Only a crowd that changed within that second has page numbers, and there a ticket that leaves moves others to the
    page before: once its end is found, its pages are read again from the last to the first, which hides none.
    """
    request = answer.request
    more, onward = _has_more(answer, rows, PAGE_SIZE), _latest_change(request, rows) - SECOND
    if "again" in request.context:
        return ()
    if more and onward <= datetime.fromisoformat(request.params["updated_since"]):
        return _next_page(request)
    following = (request.with_params(updated_since=_as_text(onward), page="1"),) if more else ()
    return (*_pages_before(request), *following)


def _latest_change(request: Request, rows: list[dict[str, Any]]) -> datetime:
    """Raises RetriableError for a page with a change before what was asked: it is another page."""
    since, changes = datetime.fromisoformat(request.params["updated_since"]), moments(rows, "updated_at")
    if min(changes, default=since) < since:
        raise RetriableError(f"freshdesk tickets: changes since {_as_text(since)} were asked, earlier ones came")
    return max(changes, default=since)


def _pages_before(request: Request) -> tuple[Request, ...]:
    """The pages before this one, to be read again, the last of them first."""
    again = request.but(context={**request.context, "again": "yes"})
    return tuple(again.with_params(page=str(page)) for page in range(int(request.params["page"]) - 1, 0, -1))


def _next_page(request: Request) -> tuple[Request, ...]:
    page = int(request.params["page"])
    if request.path == TICKETS and page >= LAST_PAGE:
        raise DataError(
            f"freshdesk: over {LAST_PAGE} pages of tickets changed within the second after "
            f"{request.params['updated_since']}",
            "the vendor shows no further page: ask its support to change some of them again",
        )
    return (request.with_params(page=str(page + 1)),)


def _has_more(answer: Answer, rows: list[dict[str, Any]], size: int) -> bool:
    """Whether a page follows: the last has no link to a next one. A full page without a link may have lost it."""
    link = re.search(r'<([^>]*)>;\s*rel="?next', answer.headers.get("link", ""))
    if link is None:
        return len(rows) >= size
    linked, asked = httpx.URL(link[1]).params.get("page"), int(answer.request.params["page"])
    if linked != str(asked + 1):
        raise RetriableError(f"freshdesk {answer.request.path}: page {asked} was asked, page {linked} follows this one")
    return True


def _conversations_of(ticket: int) -> Request:
    return Request(f"{TICKETS}/{ticket}/conversations", params={"page": "1"}, accepts=(404,))


def _read_conversations_of(answer: Answer) -> Page:
    ticket = int(answer.request.path.split("/")[-2])
    if answer.status == 404:
        return Page(0, bodies=NOTHING, note=f"ticket {ticket} was gone before its conversations were asked for")
    rows = answer.decoded(list[dict[str, Any]])
    if any(isinstance(row.get("ticket_id"), int) and row["ticket_id"] != ticket for row in rows):
        raise RetriableError(f"freshdesk {answer.request.path}: conversations of another ticket")
    return Page(len(rows), _next_page(answer.request) if _has_more(answer, rows, CONVERSATIONS_PAGE_SIZE) else ())


def whole_list(path: str) -> Callable[[Window], tuple[Request, ...]]:
    return lambda window: (first_page(path),)


def first_page(path: str, **params: str) -> Request:
    return Request(path, params={**params, "per_page": str(PAGE_SIZE), "page": "1"})


def contacts(window: Window) -> tuple[Request, ...]:
    chosen = ((name, {"state": name} if name else {}) for name in CONTACT_LISTS)
    return tuple(first_page("/api/v2/contacts", **params).but(context={"state": name}) for name, params in chosen)


def ratings(window: Window) -> tuple[Request, ...]:
    return (first_page(RATINGS, created_since=_as_text(window.start)).but(accepts=(403,)),)


def surveys(window: Window) -> tuple[Request, ...]:
    return (first_page(SURVEYS).but(accepts=(403,)),)


def read_list(answer: Answer) -> Page:
    if answer.status == 403:
        return Page(0, bodies=NOTHING, note=not_in_the_plan(answer))
    rows = answer.decoded(list[dict[str, Any]])
    return Page(len(rows), _next_page(answer.request) if _has_more(answer, rows, PAGE_SIZE) else ())


def not_in_the_plan(answer: Answer) -> str:
    """What is missing when the account's plan has no such feature. Raises ConfigError for any other refusal."""
    refusal = answer.decoded(dict[str, Any])
    if refusal.get("code") != "require_feature":
        raise ConfigError(
            f"freshdesk {answer.request.path}: 403 {refusal.get('message')}", "use the key of an administrator"
        )
    return f"the account's plan has none: {refusal.get('message')}"


def quota(answer: Answer) -> Quota | None:
    headers = answer.headers
    if "x-ratelimit-total" not in headers or "x-ratelimit-remaining" not in headers:
        return None
    total = float(headers["x-ratelimit-total"])
    return Quota(
        left=float(headers["x-ratelimit-remaining"]),
        limit=total,
        used=float(headers.get("x-ratelimit-used-currentrequest", 1)),
        # The vendor does not say when; this is the longest that it can take.
        resets_seconds=60 if total < FEWEST_OF_AN_HOURLY_PLAN else 3600,
    )
