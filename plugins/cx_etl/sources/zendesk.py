"""Zendesk Support: tickets with their metric sets, ticket events with comments, users, legacy satisfaction ratings.

Limits: 10 time-based and 20 cursor exports a minute. Cannot see: ratings of accounts on the new survey-based CSAT.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import msgspec

from cx_etl.errors import RetriableError
from cx_etl.settings import Connection
from cx_etl.sources.base import Answer, Page, Request, Source, Stream, Table, Window, records_under


class Via(msgspec.Struct):
    channel: str | None = None


class Minutes(msgspec.Struct):
    calendar: int | None = None
    business: int | None = None


class MetricSet(msgspec.Struct):
    reopens: int | None = None
    replies: int | None = None
    initially_assigned_at: datetime | None = None
    solved_at: datetime | None = None
    reply_time_in_minutes: Minutes | None = None
    first_resolution_time_in_minutes: Minutes | None = None
    full_resolution_time_in_minutes: Minutes | None = None
    requester_wait_time_in_minutes: Minutes | None = None


class Ticket(msgspec.Struct):
    id: int
    created_at: datetime
    updated_at: datetime
    generated_timestamp: int
    status: str
    via: Via | None = None
    external_id: str | None = None
    type: str | None = None
    subject: str | None = None
    description: str | None = None
    priority: str | None = None
    requester_id: int | None = None
    submitter_id: int | None = None
    assignee_id: int | None = None
    organization_id: int | None = None
    group_id: int | None = None
    brand_id: int | None = None
    ticket_form_id: int | None = None
    is_public: bool | None = None
    tags: list[str] | None = None
    metric_set: MetricSet | None = None


class ChildEvent(msgspec.Struct):
    """One change inside a ticket event. ``status`` is set when the status changed, ``public`` on comments."""

    id: int
    event_type: str
    status: str | None = None
    priority: str | None = None
    assignee_id: int | None = None
    author_id: int | None = None
    public: bool | None = None
    body: str | None = None


class TicketEvent(msgspec.Struct):
    id: int
    ticket_id: int
    created_at: datetime
    timestamp: int
    updater_id: int | None = None
    child_events: list[ChildEvent] | None = None


class User(msgspec.Struct):
    id: int
    created_at: datetime
    updated_at: datetime
    role: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    active: bool | None = None
    suspended: bool | None = None
    organization_id: int | None = None
    locale: str | None = None
    iana_time_zone: str | None = None
    tags: list[str] | None = None


class SatisfactionRating(msgspec.Struct):
    id: int
    ticket_id: int
    score: str
    created_at: datetime
    updated_at: datetime
    requester_id: int | None = None
    assignee_id: int | None = None
    group_id: int | None = None
    comment: str | None = None
    reason: str | None = None


EXPORT_PAGE_SIZE = "1000"


def _login(connection: Connection) -> httpx.Auth:
    return httpx.BasicAuth(connection.login, connection.password)


def _start_time(window: Window) -> str:
    return str(max(1, int(window.start.timestamp())))


def _cursor_export(records: str, include: str | None = None) -> Callable[[Window], tuple[Request, ...]]:
    def start(window: Window) -> tuple[Request, ...]:
        params = {"start_time": _start_time(window), "per_page": EXPORT_PAGE_SIZE}
        params |= {"include": include} if include else {}
        return (Request(f"/api/v2/incremental/{records}/cursor.json", params=params),)

    return start


def _read_cursor_export(answer: Answer) -> Page:
    """Only ``end_of_stream`` ends an export: pages may be empty before it, and its cursor may be null after it."""
    body, request = answer.decoded(), answer.request
    records, cursor = len(body[_collection(request)]), body["after_cursor"]
    if body["end_of_stream"]:
        return Page(records, cursor=cursor)
    if not cursor:
        raise RetriableError(f"zendesk {request.path}: neither end_of_stream nor a cursor to go on with")
    params = {key: value for key, value in request.params.items() if key != "start_time"}
    return Page(records, (request.but(params={**params, "cursor": cursor}),), cursor=cursor)


def _collection(request: Request) -> str:
    return request.path.split("/")[4]


def _events(window: Window) -> tuple[Request, ...]:
    params = {"start_time": _start_time(window), "include": "comment_events"}
    return (Request("/api/v2/incremental/ticket_events.json", params=params),)


def _read_events(answer: Answer) -> Page:
    """Time-based paging: the next page starts at this one's ``end_time`` and repeats that second."""
    body, request = answer.decoded(), answer.request
    records, end_time = len(body["ticket_events"]), body["end_time"]
    if body["end_of_stream"]:
        return Page(records, cursor=str(end_time) if end_time else None)
    if not end_time:
        raise RetriableError(f"zendesk {request.path}: neither end_of_stream nor an end_time to go on with")
    return Page(records, (request.with_params(start_time=str(end_time)),), cursor=str(end_time))


def _ratings(window: Window) -> tuple[Request, ...]:
    params = {"start_time": _start_time(window), "page[size]": "100"}
    return (Request("/api/v2/satisfaction_ratings.json", params=params),)


def _read_ratings(answer: Answer) -> Page:
    body, request = answer.decoded(), answer.request
    records, meta = len(body["satisfaction_ratings"]), body["meta"]
    if not meta["has_more"]:
        return Page(records)
    following = request.with_params(**{"page[after]": meta["after_cursor"]})
    return Page(records, (following,), cursor=meta["after_cursor"])


def _generated_at(ticket: Ticket) -> datetime:
    """System updates move only this clock, never ``updated_at``."""
    return datetime.fromtimestamp(ticket.generated_timestamp, UTC)


SOURCE = Source(
    name="zendesk",
    # Rows changed in the last minute are withheld.
    lag=timedelta(minutes=1),
    auth=_login,
    streams=(
        Stream(
            name="tickets",
            tables=(Table("zendesk__tickets", Ticket, "id"),),
            start=_cursor_export("tickets", include="metric_sets"),
            read=_read_cursor_export,
            split=records_under("tickets"),
            version_at=_generated_at,
            deleted_at=lambda ticket: _generated_at(ticket) if ticket.status == "deleted" else None,
        ),
        Stream(
            name="ticket_events",
            tables=(Table("zendesk__ticket_events", TicketEvent, "id"),),
            start=_events,
            read=_read_events,
            split=records_under("ticket_events"),
            version_at=lambda event: event.created_at,
        ),
        Stream(
            name="users",
            tables=(Table("zendesk__users", User, "id"),),
            start=_cursor_export("users"),
            read=_read_cursor_export,
            split=records_under("users"),
            version_at=lambda user: user.updated_at,
        ),
        Stream(
            name="satisfaction_ratings",
            tables=(Table("zendesk__satisfaction_ratings", SatisfactionRating, "id"),),
            start=_ratings,
            read=_read_ratings,
            split=records_under("satisfaction_ratings"),
            version_at=lambda rating: rating.updated_at,
            # The filter reads the time a rating was made, and customers change their mind later.
            overlap=timedelta(days=30),
        ),
    ),
)
