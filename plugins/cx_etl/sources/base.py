"""What a source is: streams declared as data, and requests that can be written down and resumed."""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from cx_etl.connections import Connection
from cx_etl.contract import utc
from cx_etl.errors import ConfigError

if TYPE_CHECKING:
    import httpx
    import psycopg

    from cx_etl.landing import Run


class Request(msgspec.Struct, frozen=True):
    """One call, complete enough to be written to the journal and sent again by another process.

    ``path`` is appended to the connection's host; ``{name}`` in it stands for that key of the connection's extra.
    A path that is an address of its own is fetched as it is, without credentials. ``context`` names what the records
    of the answer belong to (a form's id) and how far the walk is. ``chain`` names the list whose pages these are, where
    a stream walks several. ``wait_seconds`` is slept before sending. ``is_file``: the answer may be too large for
    memory, so it goes to a file. ``accepts`` names statuses that are an answer, not a failure (404 where a thing may be
    gone): ``check`` and ``read`` see them, as they are. ``is_once``: what it does must not be done twice; it is sent
    again only when the other side cannot have got it, or says that it did not take it; a good answer
    of any form is left to ``check``.
    """

    path: str
    method: str = "GET"
    params: dict[str, str] = {}
    json: dict[str, Any] | None = None
    context: dict[str, str] = {}
    chain: str = ""
    wait_seconds: float = 0.0
    is_file: bool = False
    accepts: tuple[int, ...] = ()
    is_once: bool = False

    def but(self, **changes: Any) -> "Request":
        """The same request with some parts replaced."""
        return msgspec.structs.replace(self, **changes)

    def with_params(self, **params: str) -> "Request":
        """The same request with parameters added or replaced."""
        return self.but(params={**self.params, **params})


@dataclass(frozen=True)
class Answer:
    """One response as received. ``file`` holds the body of a request that is_file; ``body`` is empty then."""

    request: Request
    body: bytes
    headers: Mapping[str, str]
    file: Path | None = None
    status: int = 200

    def decoded(self, kind: Any = Any) -> Any:
        """The JSON body, validated against the type if one is given. Raises msgspec.DecodeError if it is not that."""
        return msgspec.json.decode(self.body, type=kind)


@dataclass(frozen=True)
class Page:
    """What a response meant: how many records it holds, what to ask next, and the vendor's own count if it gives one.

    ``next`` holds all requests that this answer leads to; it may be empty only at the vendor's own end signal.
    ``vendor_total`` is what the vendor says that a chain of pages holds in all: given once per chain, by its first
    page.
    ``bodies`` is what lands: None for the body as received, () for an answer that carries no records (a job was
    started, is still running), or the parts of a file that was too large for one page.
    ``note`` says what the vendor no longer gives and why that is no loss; the night's ledger row keeps it.
    ``context`` is what only the answer could tell of where its records come from; it joins the request's.
    """

    records: int
    next: tuple[Request, ...] = ()
    vendor_total: int | None = None
    cursor: str | None = None
    bodies: Iterable[bytes] | None = None
    note: str = ""
    context: dict[str, str] = field(default_factory=dict)


NOTHING: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Window:
    """Half-open [start, end) in UTC; ``start`` already lies the stream's overlap before the true watermark."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Table:
    """A raw table of a stream: its name without schema, its contract, and the key fields as the vendor names them.

    ``part_of`` are the columns that hold the key of the first table's record, without which this one is not: with that
    it is marked as deleted.
    """

    name: str
    contract: type[msgspec.Struct]
    key: str | tuple[str, ...]
    part_of: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,) if isinstance(self.key, str) else self.key


@dataclass(frozen=True)
class Stream:
    """A stream as data.

    ``start`` makes the first requests of a window, ``read`` turns an answer into a Page, ``split`` yields the raw
    records of a landed body, each with the index of its table. ``version_at`` says when a record came to be as it is
    (None: when it was observed), ``deleted_at`` when it was deleted; both read the first table's records.
    ``context_fields`` are contract fields that the request knows and the record does not.

    ``found_by`` is the time column by which the vendor's filter finds a record in a window; "" when an answer is always
    the whole list. ``reaches_back`` is how far before the watermark the weekly reconcile may ask; zero where it must
    not. ``absent_is_deleted``: a stored record that should be in an answer and is not no longer exists; the load marks
    it as deleted; ``silent_without_pages``: not for a run without pages, in which no list came at all. ``tombstone``
    names the fields that a deletion may change; the others keep what they said before the vendor blanked them. None: a
    deletion changes what it changes. ``on_load`` writes, inside the load's transaction, what else is to be known of the
    run.
    """

    name: str
    tables: tuple[Table, ...]
    start: Callable[[Window], tuple[Request, ...]]
    read: Callable[[Answer], Page]
    split: Callable[[bytes], Iterable[tuple[int, msgspec.Raw]]]
    version_at: Callable[[Any], datetime | None] = lambda record: None
    deleted_at: Callable[[Any], datetime | None] = lambda record: None
    context_fields: tuple[str, ...] = ()
    overlap: timedelta = timedelta(hours=1)
    found_by: str = "_version_at"
    reaches_back: timedelta = timedelta(days=90)
    absent_is_deleted: bool = False
    silent_without_pages: bool = False
    tombstone: tuple[str, ...] | None = None
    on_load: "Callable[[psycopg.Connection, Run], None] | None" = None


@dataclass(frozen=True)
class Quota:
    """What the vendor said of its limit in one answer: calls (or points) left, used by it, and when it starts anew."""

    left: float
    limit: float
    used: float = 1.0
    resets_seconds: float = 0.0


@dataclass(frozen=True)
class Budget:
    """A limit that the vendor documents: so many calls in so many seconds, for these streams (none: for all)."""

    name: str
    calls: int
    seconds: int
    streams: tuple[str, ...] = ()


class Client(Protocol):
    """What sends the requests of one run: ``calls`` counts them, ``quota`` is the vendor's last word on its limit."""

    calls: int
    quota: Quota | None

    def __enter__(self) -> "Client": ...

    def __exit__(self, *error: object) -> None: ...

    def send(self, request: Request, read: Callable[[Answer], Page]) -> tuple[Answer, Page]: ...


@dataclass(frozen=True)
class Probe:
    """One question that `cx doctor` asks of a connection. ``judge`` raises CxError with what to do, or says what is."""

    name: str
    request: Request
    judge: Callable[[Answer], str]


@dataclass(frozen=True)
class Source:
    """A system: how to log in, how it complains inside a good answer, how long it lags, its limits and its streams.

    ``check`` raises for an answer whose status is 200 but whose body is an error. ``quota`` reads what an answer says
    of the limits; ``budgets`` are the documented ones, for the plan before the run. The first of ``probes`` proves the
    credentials. ``needs`` names the parts of a connection without which it cannot work. ``client`` replaces the HTTP
    client for a source that is no web service. ``after_load`` is called once a run of the source has been loaded for
    good; it may be called again for the same run, and must then change nothing.
    """

    name: str
    streams: tuple[Stream, ...]
    auth: "Callable[[Connection], httpx.Auth]"
    check: Callable[[Answer], None] = lambda answer: None
    quota: Callable[[Answer], Quota | None] = lambda answer: None
    budgets: tuple[Budget, ...] = ()
    probes: tuple[Probe, ...] = ()
    lag: timedelta = timedelta()
    needs: tuple[str, ...] = ("host", "password")
    client: "Callable[[Source, Connection, Path], Client] | None" = None
    after_load: "Callable[[Connection, Run], None] | None" = None

    def stream(self, name: str) -> Stream:
        """The stream of that name. Raises ConfigError naming the streams there are."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        raise ConfigError(f"{self.name} has no stream {name!r}", f"it has {', '.join(s.name for s in self.streams)}")


# What reading an answer raises that has another shape than the vendor documents.
MISSHAPEN = (msgspec.DecodeError, UnicodeDecodeError, KeyError, IndexError, TypeError, AttributeError)


def records_under(field: str) -> Callable[[bytes], list[tuple[int, msgspec.Raw]]]:
    """A splitter for bodies that hold their records as a list under one field; "" for a body that is a bare list."""
    listed: Any = list[msgspec.Raw]
    if not field:
        decode_list = msgspec.json.Decoder(listed).decode
        return lambda body: [(0, record) for record in decode_list(body)]
    envelope = msgspec.defstruct("Envelope", [("records", listed)], rename={"records": field}.get)
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(envelope).decode
    return lambda body: [(0, record) for record in decode(body).records]


def moments(rows: Iterable[Mapping[str, Any]], field: str) -> list[datetime]:
    """The times under a field of raw rows, in UTC. One that cannot be read is for the load to reject, not the walk."""
    found = []
    for row in rows:
        with contextlib.suppress(msgspec.ValidationError):
            found.append(utc(msgspec.convert(row.get(field), datetime)))
    return found
