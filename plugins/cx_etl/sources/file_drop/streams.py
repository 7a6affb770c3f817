"""A declared drop as a source: its streams list what waits, and take every file of theirs whole or not at all."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec

from cx_etl.errors import DataError, RetriableError
from cx_etl.settings import load_settings
from cx_etl.sources.base import NOTHING, Answer, Page, Probe, Request, Source, Stream, Table, Window
from cx_etl.sources.file_drop import delivered, formats
from cx_etl.sources.file_drop.client import COMPANIONS, FETCH, LIST, DropClient, Listing, after_load
from cx_etl.sources.file_drop.contracts import contract_of
from cx_etl.sources.file_drop.declaration import FileStream, declared
from cx_etl.sources.file_drop.delivered import LOADED, REPEATED, SUPERSEDED, Delivery
from cx_etl.sources.file_drop.formats.layout import File
from cx_etl.sources.file_drop.limits import limits
from cx_etl.sources.file_drop.place import Found
from cx_etl.sources.file_drop.unpack import unpacked
from cx_etl.sources.file_drop.values import value_of

# So often is a file looked at that may still be written to.
_LOOKS = 6


def sources_of(entries: Iterable[Mapping[str, Any]]) -> dict[str, Source]:
    """The sources that [[files]] entries declare, by name. Raises ConfigError naming the entry that is wrong."""
    by_name: dict[str, list[FileStream]] = {}
    for stream in declared(entries):
        by_name.setdefault(stream.source, []).append(stream)
    return {name: _source(name, tuple(streams)) for name, streams in by_name.items()}


# Kept, because the shape of a contract is kept by its identity.
@cache
def _source(name: str, streams: tuple[FileStream, ...]) -> Source:
    return source_of(name, *(stream_of(stream, streams) for stream in streams))


def source_of(name: str, *streams: Stream) -> Source:
    """A source whose streams come from one drop."""
    return Source(
        name=name,
        streams=streams,
        # The drop's own client logs in.
        auth=lambda connection: httpx.Auth(),
        client=DropClient,
        after_load=after_load,
        probes=(Probe("drop", Request("/", method=LIST), _say_what_waits),),
        needs=("host",),
    )


def stream_of(
    stream: FileStream, siblings: tuple[FileStream, ...], contract: type[msgspec.Struct] | None = None, **parts: Any
) -> Stream:
    """The stream of a declaration. ``contract`` and other parts of a Stream replace what the declaration gives."""
    return Stream(
        **{
            "name": stream.stream,
            "tables": (Table(stream.table, contract or contract_of(stream), stream.key),),
            "start": partial(_start, stream),
            "read": partial(_read, stream, siblings),
            "split": formats.split,
            "version_at": _version(stream),
            "overlap": timedelta(),
            "found_by": "",
            # A drop can only be asked what waits now.
            "reaches_back": timedelta(),
            "absent_is_deleted": stream.whole,
            "silent_without_pages": True,
            "on_load": delivered.record,
            **parts,
        }
    )


def _start(stream: FileStream, window: Window) -> tuple[Request, ...]:
    """What waits is listed, whatever the window: a file belongs to the night that finds it."""
    zone = ZoneInfo(load_settings().time_zone)
    night = (window.end - timedelta(microseconds=1)).astimezone(zone).date()
    return (Request("/", method=LIST, context={"stream": stream.stream, "night": night.isoformat()}),)


def _read(stream: FileStream, siblings: tuple[FileStream, ...], answer: Answer) -> Page:
    return _read_list(stream, siblings, answer) if answer.request.method == LIST else _read_file(stream, answer)


def _read_list(stream: FileStream, siblings: tuple[FileStream, ...], answer: Answer) -> Page:
    """A request for each file of the stream, in the order in which they count."""
    listing, request = answer.decoded(Listing), answer.request
    names = {found.name for found in listing.files}
    files = [found for found in listing.files if stream.matches(found.name) and not found.name.endswith(COMPANIONS)]
    _require_one_owner(stream, siblings, files)
    _require_complete(stream, files, names)
    if not files and stream.expected and not listing.night_has_files:
        raise DataError(
            f"{stream.label}: no file came for the night {request.context['night']}: expected {stream.pattern}",
            "deliver it, then run the night again",
        )
    if unsettled := _unsettled(stream, files, request):
        return Page(0, (unsettled,), bodies=NOTHING)
    files.sort(key=lambda found: (found.modified, found.name) if stream.order == "modified" else (found.name,))
    return Page(0, tuple(_fetch(stream, request, found, files[-1]) for found in files), bodies=NOTHING)


def _fetch(stream: FileStream, request: Request, found: Found, last: Found) -> Request:
    context = {key: request.context[key] for key in ("stream", "night")}
    context |= {"file": found.name, "found": msgspec.json.encode(found).decode()}
    if stream.whole and found != last:
        context["superseded_by"] = last.name
    return Request(found.name, method=FETCH, context=context, is_file=True)


def _require_one_owner(stream: FileStream, siblings: tuple[FileStream, ...], files: list[Found]) -> None:
    for found in files:
        owners = [each.stream for each in siblings if each.matches(found.name)]
        if len(owners) > 1:
            raise DataError(
                f"{stream.label}: {found.name} is a file of the streams {' and '.join(owners)}",
                "make their patterns in the settings tell them apart",
            )


def _require_complete(stream: FileStream, files: list[Found], names: set[str]) -> None:
    for found in files:
        if stream.wait_for and found.name + stream.wait_for not in names:
            raise RetriableError(
                f"{stream.label}: {found.name} waits for {found.name}{stream.wait_for}",
                "run again when it is there; until then the file counts as unfinished",
            )


def _unsettled(stream: FileStream, files: list[Found], request: Request) -> Request | None:
    """The request to look again, while there are files that changed lately and were not yet seen twice the same."""
    settle = limits().settle_seconds
    young = [found for found in files if found.modified > datetime.now(UTC) - timedelta(seconds=settle)]
    seen = msgspec.json.decode(request.context.get("seen", "[]"), type=list[Found])
    moving = [found for found in young if found not in seen]
    if not moving:
        return None
    look = int(request.context.get("look", "1"))
    if look >= _LOOKS:
        raise RetriableError(
            f"{stream.label}: {moving[0].name} is still being written", "run again when its writer has finished"
        )
    context = {**request.context, "look": str(look + 1), "seen": msgspec.json.encode(young).decode()}
    return request.but(context=context, wait_seconds=settle)


def _read_file(stream: FileStream, answer: Answer) -> Page:
    """The file's parts with what was found out about it; no part if it brings nothing new."""
    request, sha256 = answer.request, answer.headers["sha256"]
    found = msgspec.json.decode(request.context["found"], type=Found)
    if outcome := _brings_nothing(stream, answer):
        delivery = Delivery(found.name, sha256, found.size, found.modified, 0, outcome)
        return Page(0, bodies=NOTHING, context=delivery.as_context())
    assert answer.file is not None
    file = unpacked(File(answer.file, found.name, stream, limits()))
    survey = formats.survey(file)
    delivery = Delivery(found.name, sha256, found.size, found.modified, survey.rows, LOADED, survey.detected)
    return Page(survey.rows, bodies=survey.bodies(file.path), context=delivery.as_context())


def _brings_nothing(stream: FileStream, answer: Answer) -> str:
    """A whole list may return to what it was before; other files that were loaded once have said all they say."""
    loaded = answer.headers.get("loaded")
    if "superseded_by" in answer.request.context:
        return SUPERSEDED
    return REPEATED if loaded == "last" or (loaded and not stream.whole) else ""


def _version(stream: FileStream) -> Callable[[Any], datetime | None]:
    if not stream.version:
        return lambda record: None
    column = next(column for column in stream.columns if column.name == stream.version)

    def version_at(record: Any) -> datetime | None:
        raw = getattr(record, column.name)
        value: Any = None if raw is None else value_of(column, raw)
        is_date = value is not None and not isinstance(value, datetime)
        return datetime(value.year, value.month, value.day, tzinfo=UTC) if is_date else value

    return version_at


def _say_what_waits(answer: Answer) -> str:
    files = answer.decoded(Listing).files
    return f"{len(files)} file{'' if len(files) == 1 else 's'} in the drop"
