"""AskNicely: survey responses (NPS, CSAT, five stars), answered and sent.

Needs the account's API key. Limits: 200 calls in 10 seconds, 1000 in 60. Cannot see: edits of comments, notes and case
status of responses older than the look-back (no modified time exists), rows removed on a person's request; the weekly
reconcile finds both as far as it looks back.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cx_etl.auth import HeaderAuth
from cx_etl.connections import Connection
from cx_etl.contract import IntText, UnixText
from cx_etl.errors import RetriableError
from cx_etl.sources.base import (
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
    records_under,
)


class Response(msgspec.Struct):
    response_id: str
    question_type: str
    contact_id: str | None = None
    name: str | None = None
    email: str | None = None
    answer: IntText | None = None
    answerlabel: str | None = None
    comment: str | None = None
    status: str | None = None
    segment: str | None = None
    sent: UnixText | None = None
    opened: UnixText | None = None
    responded: UnixText | None = None
    lastemailed: UnixText | None = None
    created: UnixText | None = None
    published: str | None = None
    order_id_c: str | None = None
    ticket_id_c: str | None = None
    channel_c: str | None = None


PAGE_SIZE = 5000
# A response is found by when it was answered and, before that, by when it was sent.
CLOCKS = ("responded", "sent")
# The vendor's windows: by their name in the headers, calls allowed and seconds.
WINDOWS = {"req60s": (1000, 60), "req10s": (200, 10)}


def _key(connection: Connection) -> HeaderAuth:
    return HeaderAuth("X-apikey", connection.password)


def _responses(window: Window) -> tuple[Request, ...]:
    since = max(0, int(window.start.timestamp()))
    return tuple(_page_request(clock, since, 1) for clock in CLOCKS)


def _page_request(clock: str, since: int, page: int) -> Request:
    path = f"/api/v1/responses/asc/{PAGE_SIZE}/{page}/{since}/json/raw/{clock}"
    context = {"since": str(since), "page": str(page)}
    return Request(path, params={"includestatustime": "yes"}, context=context, chain=clock)


def _read(answer: Answer) -> Page:
    """A page by one of the clocks. A response that is answered or removed moves others to other pages, so the walk
    goes on by the clock, and by page number only within one second.
    """
    body, request = answer.decoded(), answer.request
    asked = {"since": request.context["since"], "page": request.context["page"]}
    served = {"since": body["since_time"], "page": body["pagenumber"]}
    if served != asked:
        # A page that is not the one asked for would hide another.
        raise RetriableError(f"asknicely sent {served} of the responses, asked was {asked}")
    total = None if "goes on" in request.context else int(body["total"])
    return Page(len(body["data"]), _following(request, body), total)


def _following(request: Request, body: Mapping[str, Any]) -> tuple[Request, ...]:
    since, page, clock = int(request.context["since"]), int(request.context["page"]), request.chain
    if page >= int(body["totalpages"]):
        return ()
    # One second earlier: it does not matter then whether the vendor means "since" or "after".
    going_on = max((_seconds(record.get(clock)) for record in body["data"]), default=0) - 1
    following = _page_request(clock, going_on, 1) if going_on > since else _page_request(clock, since, page + 1)
    return (following.but(context={**following.context, "goes on": "yes"}),)


def _seconds(clock: Any) -> int:
    """A record's time; 0 where that cannot be read, which its contract will say."""
    return int(clock) if isinstance(clock, str) and clock.isdigit() else 0


def _last_moved(response: Response) -> datetime | None:
    """There is no modified time; the later of the two clocks that the vendor finds a response by stands in for it."""
    latest = max(int(clock or 0) for clock in (response.sent, response.responded))
    return datetime.fromtimestamp(latest, UTC) if latest else None


def _quota(answer: Answer) -> Quota | None:
    """The window that is used up, else the longer one. The headers do not say when it starts anew: after its length."""
    windows = [quota for name in WINDOWS if (quota := _window(answer.headers, name))]
    return next((quota for quota in windows if quota.left <= 0), next(iter(windows), None))


def _window(headers: Mapping[str, str], name: str) -> Quota | None:
    left, limit = headers.get(f"ratelimit-{name}-remaining"), headers.get(f"ratelimit-{name}-limit")
    seconds = WINDOWS[name][1]
    return None if left is None else Quota(float(left), float(limit or 0), resets_seconds=seconds)


def _judge(answer: Answer) -> str:
    return f"{int(answer.decoded()['total']):,} surveys sent so far"


SOURCE = Source(
    name="asknicely",
    auth=_key,
    quota=_quota,
    budgets=tuple(Budget(f"calls in {seconds} s", calls, seconds) for calls, seconds in WINDOWS.values()),
    probes=(Probe("key", Request("/api/v1/responses/desc/1/1/0/json/raw/sent"), _judge),),
    streams=(
        Stream(
            name="responses",
            tables=(Table("asknicely__responses", Response, "response_id"),),
            start=_responses,
            read=_read,
            split=records_under("data"),
            version_at=_last_moved,
            # Comments and case status change without a modified time.
            overlap=timedelta(days=7),
        ),
    ),
)
