"""Zendesk's three ways to hand out many records: exports by cursor, exports by time, lists."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from cx_etl.errors import RetriableError
from cx_etl.sources.base import NOTHING, Answer, Page, Request, Window

Read = Callable[[Answer], Page]
Start = Callable[[Window], tuple[Request, ...]]

RAW_RECORDS = list[msgspec.Raw]
TIMED_OUT = 504
NOT_IN_PLAN = (403, 404)
PAUSE_SECONDS = 1.0


def export(path: str, window: Window, page_size: str, **params: str) -> tuple[Request, ...]:
    """The first request of an export; a page that the vendor cannot make in time is an answer: see ``smaller``."""
    return (
        Request(
            f"/api/v2/incremental/{path}.json",
            params={"start_time": start_time(window), "per_page": page_size, **params},
            context={"page_size": page_size},
            accepts=(TIMED_OUT,),
        ),
    )


def start_time(window: Window) -> str:
    return str(max(1, int(window.start.timestamp())))


def read_cursor_export(records: str) -> Read:
    """Only ``end_of_stream`` ends an export: pages may be empty before it, and its cursor may be null after it."""
    envelope = _envelope(records, [("end_of_stream", bool), ("after_cursor", str | None, None)])

    def read(answer: Answer) -> Page:
        if answer.status == TIMED_OUT:
            return smaller(answer.request)
        page, request = answer.decoded(envelope), answer.request
        if page.end_of_stream:
            return Page(len(page.records), cursor=page.after_cursor)
        if not page.after_cursor:
            raise RetriableError(f"zendesk {request.path}: neither end_of_stream nor a cursor to go on with")
        params = {name: value for name, value in request.params.items() if name != "start_time"}
        following = _onwards(request.but(params=params), cursor=page.after_cursor)
        return Page(len(page.records), (following,), cursor=page.after_cursor)

    return read


def read_time_export(records: str) -> Read:
    """The next page starts at this one's ``end_time`` and repeats that second."""
    envelope = time_envelope(records)

    def read(answer: Answer) -> Page:
        if answer.status == TIMED_OUT:
            return smaller(answer.request)
        page = answer.decoded(envelope)
        cursor = str(page.end_time) if page.end_time else None
        return Page(len(page.records), after_time_page(answer.request, page), cursor=cursor)

    return read


def time_envelope(records: str, kind: Any = RAW_RECORDS) -> type[msgspec.Struct]:
    """A page of a time-based export; not every one of them says when it is over."""
    return _envelope(records, [("end_time", int | None, None), ("end_of_stream", bool | None, None)], kind)


def after_time_page(request: Request, page: Any) -> tuple[Request, ...]:
    """What to ask after a page of a time-based export: nothing at its end.

    Raises RetriableError for a page that is neither the last one nor leads on.
    """
    if _is_over(request, page):
        return ()
    if not page.end_time:
        raise RetriableError(f"zendesk {request.path}: neither end_of_stream nor an end_time to go on with")
    return (_onwards(request, start_time=str(page.end_time)),)


def _is_over(request: Request, page: Any) -> bool:
    """By ``end_of_stream``; without it, when a page holds nothing but the second that was asked for."""
    if page.end_of_stream is not None:
        return page.end_of_stream
    if not page.records:
        return True
    asked = int(request.params["start_time"])
    return page.end_time == asked and msgspec.json.decode(page.records[0], type=_Timed).time == _at(asked)


class _Timed(msgspec.Struct):
    time: datetime


def _at(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


def _envelope(records: str, fields: list[Any], kind: Any = RAW_RECORDS) -> type[msgspec.Struct]:
    """What is around the records of an answer. The records themselves are only counted."""
    return msgspec.defstruct("Envelope", [("records", kind), *fields], rename={"records": records}.get)


def smaller(request: Request) -> Page:
    """Ask for half as much: the vendor takes too long over a page of heavy records. A single one is asked for again."""
    size = int(request.params["per_page"]) // 2
    if not size:
        raise RetriableError(f"zendesk {request.path}: even a page of one record times out", "run again later")
    half = request.with_params(per_page=str(size)).but(wait_seconds=PAUSE_SECONDS)
    return Page(0, (half,), bodies=NOTHING)


def _onwards(request: Request, **params: str) -> Request:
    """The next page; where pages had to shrink, they double until they are as large as they should be."""
    size = min(2 * int(request.params["per_page"]), int(request.context["page_size"]))
    return request.with_params(per_page=str(size), **params).but(wait_seconds=0.0)


def read_list(records: str) -> Read:
    """A list by cursor: ``meta`` says whether there is more."""

    def read(answer: Answer) -> Page:
        body, request = answer.decoded(), answer.request
        found, meta = len(body[records]), body["meta"]
        if not meta["has_more"]:
            return Page(found)
        if not meta["after_cursor"]:
            raise RetriableError(f"zendesk {request.path}: there is more, and no cursor to go on with")
        return Page(found, (request.with_params(**{"page[after]": meta["after_cursor"]}),), cursor=meta["after_cursor"])

    return read


def read_whole_list(records: str) -> Read:
    """A short list, whole or with the address of its next page. An account whose plan has none is told so."""

    def read(answer: Answer) -> Page:
        if answer.status in NOT_IN_PLAN:
            return not_in_plan(answer)
        body, request = answer.decoded(), answer.request
        total = body.get("count") if "page" not in request.params else None
        following = body.get("next_page")
        if not following:
            return Page(len(body[records]), (), total)
        return Page(len(body[records]), (request.but(params=dict(parse_qsl(urlsplit(following).query))),), total)

    return read


def not_in_plan(answer: Answer) -> Page:
    """No records, and a note of what the vendor said."""
    said = answer.body[:100].decode(errors="replace")
    return Page(0, bodies=NOTHING, note=f"{answer.request.path}: not on this account ({answer.status}: {said})")
