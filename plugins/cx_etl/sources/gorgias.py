"""Gorgias: tickets, messages, satisfaction surveys, customers and users. A ticket carries its tags and its team.

The API key is a user's, who must be allowed to read them all (an admin). Limit: 40 calls in 20 seconds, for enterprises
in 10. Cannot see, until the weekly reconcile: what was deleted for good, messages that change after 3 days, surveys
that are answered after 30.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from cx_etl.connections import Connection
from cx_etl.contract import utc
from cx_etl.sources.base import (
    NOTHING,
    Answer,
    Budget,
    Page,
    Probe,
    Quota,
    Request,
    Source,
    Stream,
    Table,
    Window,
    moments,
    records_under,
)
from cx_etl.sources.gorgias_records import Customer, Message, SatisfactionSurvey, Ticket, User

PAGE_SIZE = 100
CREATED, UPDATED = "created_datetime", "updated_datetime"
# Both what is trashed and what is not; the vendor's default today.
TICKETS = Request("/api/tickets", params={"trashed": "true"})


def _login(connection: Connection) -> httpx.Auth:
    return httpx.BasicAuth(connection.login, connection.password)


def _newest_first(request: Request, clock: str) -> Callable[[Window], tuple[Request, ...]]:
    """A walk from the newest record back to the window's start: there is no filter by time."""

    def start(window: Window) -> tuple[Request, ...]:
        asked = request.with_params(order_by=f"{clock}:desc", limit=str(PAGE_SIZE))
        return (asked.but(context={"since": window.start.isoformat()}),)

    return start


def _read_newest_first(answer: Answer) -> Page:
    """On until a whole page is older than the window, or the list ends.

    What changes meanwhile moves to the front: it pushes others to later pages, where they come again, and is itself
    behind the walk. So the front is walked once more, back to what was the newest when the walk began.
    """
    body, request = answer.decoded(), answer.request
    rows, cursor = body["data"], body["meta"]["next_cursor"]
    clock = request.params["order_by"].removesuffix(":desc")
    times = moments(rows, clock)
    is_past = bool(times) and max(times) < datetime.fromisoformat(request.context["since"])
    if cursor and not is_past:
        context = request.context if "cursor" in request.params else _with_newest(request.context, times)
        return Page(len(rows), (request.but(context=context).with_params(cursor=cursor),))
    following = _front_again(request) if clock == UPDATED else ()
    # A page of nothing but older records is no part of the window.
    return Page(0, following, bodies=NOTHING) if is_past else Page(len(rows), following)


def _with_newest(context: Mapping[str, str], times: list[datetime]) -> dict[str, str]:
    """What the walk's other pages need to know of its first."""
    return {**context, "newest": max(times).isoformat()} if times else dict(context)


def _front_again(request: Request) -> tuple[Request, ...]:
    """From the front to what is newer than all that the first page held; nothing after a walk of one page, or twice."""
    if "newest" not in request.context or "again" in request.context:
        return ()
    params = {key: value for key, value in request.params.items() if key != "cursor"}
    since = datetime.fromisoformat(request.context["newest"]) + timedelta(microseconds=1)
    return (request.but(params=params, context={"since": since.isoformat(), "again": "yes"}),)


def _users(window: Window) -> tuple[Request, ...]:
    return (Request("/api/users", params={"order_by": f"{CREATED}:asc", "limit": str(PAGE_SIZE)}),)


def _read_users(answer: Answer) -> Page:
    body = answer.decoded()
    cursor = body["meta"]["next_cursor"]
    return Page(len(body["data"]), (answer.request.with_params(cursor=cursor),) if cursor else ())


def _latest(*times: datetime | None) -> datetime:
    """A record without a time of change is as it is since the last thing that is told of it."""
    return max(utc(time) for time in times if time)


def _quota(answer: Answer) -> Quota | None:
    used, _, limit = answer.headers.get("x-gorgias-account-api-call-limit", "").partition("/")
    if not limit:
        return None
    # A leaky bucket: room for a call comes back twice a second, or more often.
    return Quota(left=float(limit) - float(used), limit=float(limit), resets_seconds=1.0)


def _judge_account(answer: Answer) -> str:
    return f"account {answer.decoded(dict[str, Any])['domain']}"


def _judge_list(answer: Answer) -> str:
    return f"readable, newest first: {len(answer.decoded()['data'])} of them looked at"


def _probe(name: str, request: Request, clock: str) -> Probe:
    return Probe(name, request.with_params(order_by=f"{clock}:desc", limit="1"), _judge_list)


SOURCE = Source(
    name="gorgias",
    auth=_login,
    needs=("host", "login", "password"),
    quota=_quota,
    budgets=(Budget("API key", 40, 20),),
    probes=(
        Probe("credentials", Request("/api/account"), _judge_account),
        _probe("tickets", TICKETS, UPDATED),
        _probe("customers", Request("/api/customers"), UPDATED),
        _probe("satisfaction surveys", Request("/api/satisfaction-surveys"), CREATED),
    ),
    streams=(
        Stream(
            name="tickets",
            tables=(Table("gorgias__tickets", Ticket, "id"),),
            start=_newest_first(TICKETS, UPDATED),
            read=_read_newest_first,
            split=records_under("data"),
            version_at=lambda ticket: utc(ticket.updated_datetime),
            deleted_at=lambda ticket: utc(ticket.trashed_datetime) if ticket.trashed_datetime else None,
            found_by=UPDATED,
        ),
        Stream(
            name="messages",
            tables=(Table("gorgias__messages", Message, "id"),),
            start=_newest_first(Request("/api/messages"), CREATED),
            read=_read_newest_first,
            split=records_under("data"),
            version_at=lambda message: _latest(
                *(message.created_datetime, message.sent_datetime, message.failed_datetime),
                *(message.opened_datetime, message.deleted_datetime),
            ),
            deleted_at=lambda message: utc(message.deleted_datetime) if message.deleted_datetime else None,
            tombstone=("deleted_datetime",),
            # A message is sent, fails, is opened or deleted without moving in the list.
            overlap=timedelta(days=3),
            found_by=CREATED,
        ),
        Stream(
            name="satisfaction_surveys",
            tables=(Table("gorgias__satisfaction_surveys", SatisfactionSurvey, "id"),),
            start=_newest_first(Request("/api/satisfaction-surveys"), CREATED),
            read=_read_newest_first,
            split=records_under("data"),
            version_at=lambda survey: _latest(survey.created_datetime, survey.sent_datetime, survey.scored_datetime),
            # The list is by the time a survey was made; customers answer it weeks later.
            overlap=timedelta(days=30),
            found_by=CREATED,
        ),
        Stream(
            name="customers",
            tables=(Table("gorgias__customers", Customer, "id"),),
            start=_newest_first(Request("/api/customers"), UPDATED),
            read=_read_newest_first,
            split=records_under("data"),
            version_at=lambda customer: utc(customer.updated_datetime),
            found_by=UPDATED,
        ),
        Stream(
            name="users",
            tables=(Table("gorgias__users", User, "id"),),
            start=_users,
            read=_read_users,
            split=records_under("data"),
            version_at=lambda user: _latest(user.created_datetime, user.updated_datetime, user.deactivated_datetime),
            found_by="",
            absent_is_deleted=True,
        ),
    ),
)
