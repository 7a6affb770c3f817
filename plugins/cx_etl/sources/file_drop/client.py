"""The client of a file drop: it lists and fetches where the HTTP client asks and receives."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cx_etl.connections import Connection
from cx_etl.errors import DataError
from cx_etl.sources.base import Answer, Page, Quota, Request, Source
from cx_etl.sources.file_drop import delivered
from cx_etl.sources.file_drop.delivered import Known, Owner
from cx_etl.sources.file_drop.place import Found, Place
from cx_etl.sources.file_drop.unpack import UNPACKED

if TYPE_CHECKING:
    from cx_etl.landing import Run

LIST, FETCH = "LIST", "FETCH"
# Files that speak of the file whose name they lengthen.
COMPANIONS = (".done", ".sha256", ".md5")


class Listing(msgspec.Struct):
    """The body of an answer to LIST: what waits in the drop, and whether files of the night were loaded already."""

    files: list[Found]
    night_has_files: bool = False


class DropClient:
    """Lists a place and fetches files from it. ``calls`` counts both."""

    def __init__(self, source: Source, connection: Connection, scratch: Path) -> None:
        self.calls = 0
        self.quota: Quota | None = None
        self._source = source.name
        self._account = connection.id.removeprefix(source.name).removeprefix("_") or "main"
        self._place = Place(connection)
        self._scratch = scratch / "download.part"
        self._known: dict[str, Known] = {}

    def __enter__(self) -> "DropClient":
        return self

    def __exit__(self, *error: object) -> None:
        for name in (self._scratch.name, UNPACKED):
            self._scratch.with_name(name).unlink(missing_ok=True)

    def send(self, request: Request, read: Callable[[Answer], Page]) -> tuple[Answer, Page]:
        """The answer to a LIST or FETCH, and what ``read`` makes of it.

        Raises RestartError for a file that is not as it was listed, DataError for one that is not what it should be,
        ConfigError and RetriableError for a place that cannot be used.
        """
        time.sleep(request.wait_seconds)
        self.calls += 1
        answer = self._list(request) if request.method == LIST else self._fetch(request)
        return answer, read(answer)

    def _list(self, request: Request) -> Answer:
        """What waits. Files that were loaded and not yet set aside are set aside first."""
        files, night_has_files = list(self._place.files()), False
        if "stream" in request.context:
            owner, known = self._owner(request), self._known_of(request)
            for found in known.leftover.keys() & set(files):
                set_aside(self._place, owner, found, *known.leftover[found])
            files = [found for found in files if found not in known.leftover]
            night_has_files = request.context["night"] in known.nights
        return Answer(request, msgspec.json.encode(Listing(files, night_has_files)), {})

    def _fetch(self, request: Request) -> Answer:
        """The file, and in the headers its checksum, with whether that content was loaded before, and whether last."""
        found = msgspec.json.decode(request.context["found"], type=Found)
        self._place.fetch(found, self._scratch)
        sha256 = _digest(self._scratch, "sha256")
        self._require_promised(found, sha256)
        known = self._known_of(request)
        headers = {"sha256": sha256}
        if sha256 in known.loaded:
            headers["loaded"] = "last" if sha256 == known.last_loaded else "before"
        return Answer(request, b"", headers, self._scratch)

    def _require_promised(self, found: Found, sha256: str) -> None:
        """Raise DataError if a checksum was delivered with the file and is another."""
        for ending, digest in ((".sha256", sha256), (".md5", "")):
            if self._place.find(found.name + ending) is None:
                continue
            promised = self._place.text(found.name + ending).split()[:1]
            digest = digest or _digest(self._scratch, "md5")
            if promised != [digest] and promised != [digest.upper()]:
                raise DataError(
                    f"{self._source}: {found.name} does not have the checksum that {found.name}{ending} says",
                    "deliver the file again; it was left where it is, and nothing of it was loaded",
                )

    def _known_of(self, request: Request) -> Known:
        stream = request.context["stream"]
        if stream not in self._known:
            self._known[stream] = delivered.known(self._owner(request))
        return self._known[stream]

    def _owner(self, request: Request) -> Owner:
        return Owner(self._source, self._account, request.context["stream"])


def after_load(connection: Connection, run: "Run") -> None:
    """Set the run's files aside. One that is gone, or is another one by now, is left alone."""
    manifest, taken = run.manifest(), delivered.of_run(run)
    if not taken:
        return
    place = Place(connection)
    for delivery in taken:
        if place.find(delivery.name) == delivery.found:
            owner = Owner(manifest.source, manifest.account, manifest.stream)
            set_aside(place, owner, delivery.found, delivery.sha256, manifest.night.isoformat())


def set_aside(place: Place, owner: Owner, found: Found, sha256: str, night: str) -> None:
    """Move a loaded file, and what speaks of it, to the night's processed files. A crash is made up later."""
    for ending in COMPANIONS:
        if place.find(found.name + ending):
            place.set_aside(found.name + ending, night, sha256[:8])
    delivered.note_moved(owner, found, place.set_aside(found.name, night, sha256[:8]))


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, algorithm).hexdigest()
