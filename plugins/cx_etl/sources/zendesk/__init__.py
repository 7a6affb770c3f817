"""Zendesk Support: tickets and all that happens to them, people, customers' ratings, and how the account is set up.

Needs an admin: incremental exports, ratings and deleted tickets are closed to agents. Limits: 10 time-based and 20
cursor exports a minute, 10 calls a minute for deleted tickets. Cannot see: agents who left before the first night,
versions between two nights, edits of a survey response that make no ticket event, tickets deleted over 30 days ago
whose deletion no night has seen. docs/sources/zendesk.md has it all.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from cx_etl.auth import FetchedToken, bearer
from cx_etl.connections import Connection
from cx_etl.sources.base import Request, Source, Stream, Table, Window, records_under
from cx_etl.sources.zendesk import account, hours, paging, surveys
from cx_etl.sources.zendesk.records import (
    DeletedTicket,
    SatisfactionRating,
    SurveyResponse,
    Ticket,
    TicketEvent,
    TicketMetricEvent,
    User,
    UserRole,
)
from cx_etl.sources.zendesk.setup import (
    Group,
    GroupMembership,
    Holiday,
    Organization,
    Schedule,
    SlaPolicy,
    TicketField,
    TicketForm,
)

EXPORT_PAGE_SIZE = "1000"
LIST_PAGE_SIZE = "100"
STAFF = ("agent", "admin")


def _login(connection: Connection) -> httpx.Auth:
    """An API token with its user's address, an OAuth client that fetches its tokens, or an OAuth token as it is."""
    if client := connection.extra.get("client_id"):
        asked = {"grant_type": "client_credentials", "scope": "read", "client_id": client}
        secret = {"client_secret": connection.password}
        fetch = httpx.Request("POST", f"{connection.host}/oauth/tokens", json={**asked, **secret})
        return FetchedToken(fetch, lambda response: response.json()["access_token"])
    if connection.login:
        return httpx.BasicAuth(connection.login, connection.password)
    return bearer(connection.password)


def _export(path: str, **params: str) -> paging.Start:
    return lambda window: paging.export(path, window, EXPORT_PAGE_SIZE, **params)


def _list(path: str, **params: str) -> paging.Start:
    return lambda window: (Request(f"/api/v2/{path}.json", params={**params, "page[size]": LIST_PAGE_SIZE}),)


def _whole(path: str) -> paging.Start:
    return lambda window: (Request(path, accepts=paging.NOT_IN_PLAN),)


def _ratings(window: Window) -> tuple[Request, ...]:
    (request,) = _list("satisfaction_ratings")(window)
    return (request.with_params(start_time=paging.start_time(window)),)


class _Role(msgspec.Struct):
    role: str


def _users_and_roles(body: bytes) -> Iterable[tuple[int, msgspec.Raw]]:
    """Each user, and each of the staff a second time: the role outlives the user's being staff."""
    for index, raw in records_under("users")(body):
        yield index, raw
        role = _staff_role(raw)
        if role is not None:
            yield 1, msgspec.Raw(msgspec.json.encode(role))


def _staff_role(raw: msgspec.Raw) -> UserRole | None:
    """None for end users, and for what breaks the contract, which is held back as a user."""
    try:
        is_staff = msgspec.json.decode(raw, type=_Role).role in STAFF
        return msgspec.json.decode(raw, type=UserRole) if is_staff else None
    except msgspec.DecodeError:
        return None


def _generated_at(ticket: Ticket) -> datetime:
    """System updates move only this clock, never ``updated_at``."""
    return datetime.fromtimestamp(ticket.generated_timestamp, UTC)


def _updated_at(record: Any) -> datetime | None:
    return record.updated_at


def _kept_list(name: str, contract: type[msgspec.Struct], start: paging.Start, read: paging.Read) -> Stream:
    """A list that is read whole each night: what it no longer holds no longer exists."""
    return Stream(
        name=name,
        tables=(Table(f"zendesk__{name}", contract, "id"),),
        start=start,
        read=read,
        split=records_under(name),
        version_at=_updated_at,
        found_by="",
        absent_is_deleted=True,
    )


TICKETS = (
    Stream(
        name="tickets",
        tables=(Table("zendesk__tickets", Ticket, "id"),),
        start=_export("tickets/cursor", include="metric_sets"),
        read=paging.read_cursor_export("tickets"),
        split=records_under("tickets"),
        version_at=_generated_at,
        deleted_at=lambda ticket: _generated_at(ticket) if ticket.status == "deleted" else None,
        # A month after a deletion the vendor writes SCRUBBED over the text.
        tombstone=("status", "updated_at", "generated_timestamp"),
    ),
    Stream(
        name="ticket_events",
        tables=(Table("zendesk__ticket_events", TicketEvent, "id"),),
        start=_export("ticket_events", include="comment_events"),
        read=paging.read_time_export("ticket_events"),
        split=records_under("ticket_events"),
        version_at=lambda event: event.created_at,
    ),
    Stream(
        name="ticket_metric_events",
        tables=(Table("zendesk__ticket_metric_events", TicketMetricEvent, "id"),),
        start=_export("ticket_metric_events"),
        read=paging.read_time_export("ticket_metric_events"),
        split=records_under("ticket_metric_events"),
        version_at=lambda event: event.time,
        deleted_at=lambda event: event.time if event.deleted else None,
        found_by="time",
        # A policy that is applied late makes events of earlier times.
        overlap=timedelta(days=1),
    ),
    Stream(
        name="deleted_tickets",
        tables=(Table("zendesk__deleted_tickets", DeletedTicket, "id"),),
        start=_list("deleted_tickets"),
        read=paging.read_list("deleted_tickets"),
        split=records_under("deleted_tickets"),
        version_at=lambda ticket: datetime.fromisoformat(ticket.deleted_at),
        found_by="deleted_at",
        # The list holds the last 30 days, whatever is asked for: what is no longer in it may be older, or restored.
        reaches_back=timedelta(),
    ),
)
PEOPLE = (
    Stream(
        name="users",
        tables=(Table("zendesk__users", User, "id"), Table("zendesk__user_roles", UserRole, ("id", "role"))),
        start=_export("users/cursor"),
        read=paging.read_cursor_export("users"),
        split=_users_and_roles,
        version_at=_updated_at,
        # No tombstone: a person who was deleted is not kept.
        deleted_at=lambda user: user.updated_at if user.active is False else None,
    ),
    Stream(
        name="organizations",
        tables=(Table("zendesk__organizations", Organization, "id"),),
        start=_export("organizations"),
        read=paging.read_time_export("organizations"),
        split=records_under("organizations"),
        version_at=_updated_at,
        deleted_at=lambda organization: organization.deleted_at,
        # The vendor renames the ones that are deleted.
        tombstone=("deleted_at", "updated_at"),
    ),
    replace(
        _kept_list("groups", Group, _list("groups", exclude_deleted="false"), paging.read_list("groups")),
        deleted_at=lambda group: group.updated_at if group.deleted else None,
    ),
    _kept_list("group_memberships", GroupMembership, _list("group_memberships"), paging.read_list("group_memberships")),
)
RATINGS = (
    Stream(
        name="satisfaction_ratings",
        tables=(Table("zendesk__satisfaction_ratings", SatisfactionRating, "id"),),
        start=_ratings,
        read=paging.read_list("satisfaction_ratings"),
        split=records_under("satisfaction_ratings"),
        version_at=_updated_at,
        found_by="created_at",
        # The filter reads the time a rating was made, and customers change their mind later.
        overlap=timedelta(days=30),
    ),
    Stream(
        name="survey_responses",
        tables=(Table("zendesk__survey_responses", SurveyResponse, "id"),),
        start=lambda window: surveys.start(window, EXPORT_PAGE_SIZE),
        read=surveys.read,
        split=surveys.split,
        version_at=surveys.version_at,
        context_fields=("event_timestamp",),
        found_by="event_timestamp",
    ),
)
SETUP = (
    _kept_list("sla_policies", SlaPolicy, _whole("/api/v2/slas/policies.json"), paging.read_whole_list("sla_policies")),
    _kept_list("schedules", Schedule, _whole(hours.SCHEDULES), paging.read_whole_list("schedules")),
    replace(
        _kept_list("holidays", Holiday, _whole(hours.SCHEDULES), hours.read_holidays),
        version_at=lambda holiday: None,
        context_fields=("schedule_id",),
    ),
    _kept_list("ticket_fields", TicketField, _list("ticket_fields"), paging.read_list("ticket_fields")),
    _kept_list("ticket_forms", TicketForm, _whole("/api/v2/ticket_forms.json"), paging.read_whole_list("ticket_forms")),
)
SOURCE = Source(
    name="zendesk",
    # Rows changed in the last minute are withheld.
    lag=timedelta(minutes=1),
    auth=_login,
    quota=account.quota,
    budgets=account.BUDGETS,
    probes=account.PROBES,
    streams=(*TICKETS, *PEOPLE, *RATINGS, *SETUP),
)
