"""AskNicely: survey responses (NPS, CSAT, five stars), answered and sent.

Cannot see: edits of comments older than the look-back (no modified time exists), rows removed on a person's request.
"""

from datetime import UTC, datetime, timedelta

import msgspec

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


def _key(connection: Connection) -> dict[str, str]:
    return {"X-apikey": connection.password}


def _responses(window: Window) -> Request:
    return _page_request(CLOCKS[0], 1, str(max(0, int(window.start.timestamp()))), CLOCKS[1:])


def _page_request(clock: str, page: int, since: str, todo: tuple[str, ...]) -> Request:
    path = f"/api/v1/responses/asc/{PAGE_SIZE}/{page}/{since}/json/raw/{clock}"
    context = {"clock": clock, "page": str(page), "since": since}
    return Request(path, params={"includestatustime": "yes"}, context=context, todo=todo)


def _check(answer: Answer) -> None:
    """A page that is not the one asked for would hide another behind a total that still adds up."""
    served, asked = answer.decoded()["pagenumber"], answer.request.context["page"]
    if served != asked:
        raise RetriableError(f"asknicely sent page {served} of the responses, asked was {asked}")


def _read(answer: Answer) -> Page:
    body, request = answer.decoded(), answer.request
    records, page, since = len(body["data"]), int(request.context["page"]), request.context["since"]
    total = int(body["total"]) if page == 1 else None
    if page < int(body["totalpages"]):
        return Page(records, _page_request(request.context["clock"], page + 1, since, request.todo), total)
    if not request.todo:
        return Page(records, None, total)
    return Page(records, _page_request(request.todo[0], 1, since, request.todo[1:]), total)


def _last_touched(response: Response) -> datetime | None:
    """There is no modified time; the latest of the vendor's clocks stands in for it."""
    clocks = (response.created, response.sent, response.opened, response.responded, response.lastemailed)
    latest = max(int(clock) for clock in clocks if clock) if any(clocks) else 0
    return datetime.fromtimestamp(latest, UTC) if latest else None


SOURCE = Source(
    name="asknicely",
    headers=_key,
    check=_check,
    streams=(
        Stream(
            name="responses",
            tables=(Table("asknicely__responses", Response, "response_id"),),
            first=_responses,
            read=_read,
            split=records_under("data"),
            version_at=_last_touched,
            # Comments and case status change without a modified time.
            overlap=timedelta(days=7),
        ),
    ),
)
