"""What a source is: streams declared as data, and requests that can be written down and resumed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from cx_etl.errors import ConfigError
from cx_etl.settings import Connection


class Request(msgspec.Struct, frozen=True):
    """One call, complete enough to be written to the journal and sent again by another process.

    ``context`` names what the records of the answer belong to (a form's id); ``todo`` holds what is
    still to be asked for after this chain of pages ends; ``wait_seconds`` is slept before sending.
    """

    path: str
    method: str = "GET"
    params: dict[str, str] = {}
    json: dict[str, Any] | None = None
    context: dict[str, str] = {}
    todo: tuple[str, ...] = ()
    wait_seconds: float = 0.0


@dataclass(frozen=True)
class Answer:
    """One response as received, with the parts that paging needs."""

    request: Request
    body: bytes
    headers: Mapping[str, str]

    def decoded(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass(frozen=True)
class Page:
    """What a response meant: its records' place, what to ask next, and the vendor's own count if it gives one.

    ``records`` counts the records in the body. ``next`` is None only at the vendor's own end signal.
    ``land`` is False for answers that carry no data (a job was started, is still running).
    """

    records: int
    next: Request | None
    vendor_total: int | None = None
    cursor: str | None = None
    land: bool = True


@dataclass(frozen=True)
class Window:
    """Half-open [start, end) in UTC; ``start`` already lies the stream's overlap before the true watermark."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Table:
    """A raw table of a stream: its name without schema, its contract, and the key field as the vendor names it."""

    name: str
    contract: type[msgspec.Struct]
    key: str


@dataclass(frozen=True)
class Stream:
    """A stream as data.

    ``first`` makes the first request of a window, ``read`` turns an answer into a Page, ``split`` yields the raw
    records of a landed body, each with the index of its table. ``version_at`` says when a record came to be as it is
    (None: when it was observed), ``deleted_at`` when it was deleted; both read the first table's records.
    ``context_fields`` are contract fields that the request knows and the record does not.
    """

    name: str
    tables: tuple[Table, ...]
    first: Callable[[Window], Request]
    read: Callable[[Answer], Page]
    split: Callable[[bytes], Iterable[tuple[int, msgspec.Raw]]]
    version_at: Callable[[Any], datetime | None] = lambda record: None
    deleted_at: Callable[[Any], datetime | None] = lambda record: None
    context_fields: tuple[str, ...] = ()
    overlap: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class Source:
    """A system: how to log in, how it complains inside a good answer, how long it lags, and its streams.

    ``check`` raises for an answer whose status is 200 but whose body is an error.
    """

    name: str
    streams: tuple[Stream, ...]
    headers: Callable[[Connection], dict[str, str]]
    check: Callable[[Answer], None] = lambda answer: None
    lag: timedelta = timedelta()

    def stream(self, name: str) -> Stream:
        """The stream of that name. Raises ConfigError naming the streams there are."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        raise ConfigError(f"{self.name} has no stream {name!r}", f"it has {', '.join(s.name for s in self.streams)}")


def records_under(field: str) -> Callable[[bytes], list[tuple[int, msgspec.Raw]]]:
    """A splitter for bodies that hold their records as a list under one field."""

    def split(body: bytes) -> list[tuple[int, msgspec.Raw]]:
        envelope = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        return [(0, record) for record in msgspec.json.decode(envelope[field], type=list[msgspec.Raw])]

    return split
