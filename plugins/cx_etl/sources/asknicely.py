"""AskNicely: survey responses (NPS, CSAT, five stars), answered and sent.

Cannot see: edits of comments older than the look-back (no modified time exists), rows removed on a person's request.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from cx_etl.auth import HeaderAuth
from cx_etl.contract import IntText, UnixText
from cx_etl.errors import RetriableError
from cx_etl.settings import Connection
from cx_etl.sources.base import Answer, Page, Request, Source, Stream, Table, Window, records_under


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


def _key(connection: Connection) -> HeaderAuth:
    return HeaderAuth("X-apikey", connection.password)


def _responses(window: Window) -> tuple[Request, ...]:
    since = max(0, int(window.start.timestamp()))
    return tuple(_page_request(clock, 1, since) for clock in CLOCKS)


def _page_request(clock: str, page: int, since: int) -> Request:
    path = f"/api/v1/responses/asc/{PAGE_SIZE}/{page}/{since}/json/raw/{clock}"
    context = {"page": str(page), "since": str(since)}
    return Request(path, params={"includestatustime": "yes"}, context=context, chain=clock)


def _read(answer: Answer) -> Page:
    body, request = answer.decoded(), answer.request
    served, asked = body["pagenumber"], request.context["page"]
    if served != asked:
        # A page that is not the one asked for would hide another.
        raise RetriableError(f"asknicely sent page {served} of the responses, asked was {asked}")
    page, since = int(asked), int(request.context["since"])
    total = int(body["total"]) if page == 1 else None
    following = (_page_request(request.chain, page + 1, since),) if page < int(body["totalpages"]) else ()
    return Page(len(body["data"]), following, total)


def _last_touched(response: Response) -> datetime | None:
    """There is no modified time; the latest of the vendor's clocks stands in for it."""
    clocks = (response.created, response.sent, response.opened, response.responded, response.lastemailed)
    latest = max(int(clock) for clock in clocks if clock) if any(clocks) else 0
    return datetime.fromtimestamp(latest, UTC) if latest else None


SOURCE = Source(
    name="asknicely",
    auth=_key,
    streams=(
        Stream(
            name="responses",
            tables=(Table("asknicely__responses", Response, "response_id"),),
            start=_responses,
            read=_read,
            split=records_under("data"),
            version_at=_last_touched,
            # Comments and case status change without a modified time.
            overlap=timedelta(days=7),
        ),
    ),
)
