"""Where files are dropped: a folder of this machine, or an object store; what is there, and how to take it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from cx_etl.connections import Connection
from cx_etl.errors import ConfigError, DataError, RestartError, RetriableError
from cx_etl.settings import load_settings

PROCESSED = "processed"
# What programs call a file while they write it.
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", "~")
# What a login is called by each kind of store, and the names that Airflow's own connections use.
_CREDENTIALS = {
    "s3": ("access_key_id", "secret_access_key"),
    "s3a": ("access_key_id", "secret_access_key"),
    "gs": ("", "service_account_key"),
    "az": ("account_name", "account_key"),
    "abfss": ("account_name", "account_key"),
}
_ALIASES = {"region_name": "region", "endpoint_url": "endpoint", "keyfile_dict": "service_account_key"}


@dataclass(frozen=True)
class Found:
    """A file as the place shows it."""

    name: str
    size: int
    modified: datetime


class Place:
    """The place that a connection's host names, with what stands below it."""

    def __init__(self, connection: Connection) -> None:
        """Raises ConfigError for a host that is no place, or a folder that is not there."""
        self._id, self._host = connection.id, connection.host
        self._folder = _folder(connection)
        self._store: Any = _local_store(self._folder) if self._folder else _object_store(connection)

    def files(self, folder: str = "") -> Iterator[Found]:
        """Every file, also in folders; not hidden ones, those still being written, nor those already processed."""
        import obstore

        with self._told(folder or self._host):
            found = obstore.list_with_delimiter(self._store, folder or None)
        for item in found["objects"]:
            if _is_file_of_a_drop(item["path"]):
                yield Found(item["path"], item["size"], item["last_modified"])
        for below in found["common_prefixes"]:
            if _is_file_of_a_drop(below) and below != PROCESSED:
                self._require_no_link(below)
                yield from self.files(below)

    def fetch(self, found: Found, target: Path) -> None:
        """Copy the file to the target. Raises RestartError if it is not the one that was found any more."""
        import obstore

        self._require_inside(found.name)
        with self._told(found.name), target.open("wb") as copy:
            for block in obstore.get(self._store, found.name).stream():
                copy.write(block)
        if target.stat().st_size != found.size or self.find(found.name) != found:
            raise RestartError(f"{self._id}: {found.name} changed while it was read", "run again when it is complete")

    def text(self, name: str) -> str:
        """The content of a small file."""
        import obstore

        self._require_inside(name)
        with self._told(name):
            return bytes(obstore.get(self._store, name).bytes()).decode("utf-8", "replace")

    def find(self, name: str) -> Found | None:
        """The file of that name, if there is one."""
        import obstore

        try:
            with self._told(name):
                item = obstore.head(self._store, name)
        except RestartError:
            return None
        return Found(name, item["size"], item["last_modified"])

    def set_aside(self, name: str, night: str, mark: str) -> str:
        """Move the file to the processed ones of the night, over no other; where it is now. ``mark`` tells it apart."""
        import obstore

        target = next(path for path in _targets(name, night, mark) if self.find(path) is None)
        with self._told(name):
            obstore.rename(self._store, name, target)
        return target

    def _require_no_link(self, folder: str) -> None:
        """Raise DataError for a link to a folder: it may lead out of the drop, or round in circles."""
        if self._folder and (self._folder / folder).is_symlink():
            raise DataError(
                f"{self._id}: {folder} in {self._folder} is a link to a folder", "make it a folder of its own"
            )

    def _require_inside(self, name: str) -> None:
        """Raise DataError for a link that leads out of the folder."""
        if self._folder and not (self._folder / name).resolve().is_relative_to(self._folder):
            raise DataError(
                f"{self._id}: {name} is a link that leads out of {self._folder}", "replace it by the file itself"
            )

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Errors of the place in our words."""
        from obstore import exceptions

        try:
            yield
        except (exceptions.NotFoundError, FileNotFoundError):
            raise RestartError(f"{self._id}: {name} is not there any more", "run again: it is listed anew") from None
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError, PermissionError) as error:
            raise ConfigError(
                f"{self._id}: {name}: access is refused: {_first_line(error)}", "check the connection: `cx doctor`"
            ) from None
        except exceptions.InvalidPathError as error:
            raise DataError(f"{self._id}: {name}: a name is none: {_first_line(error)}", "rename that file") from None
        except exceptions.BaseError as error:
            raise RetriableError(
                f"{self._id}: {name}: {_first_line(error)}", "check network and connection, then run again"
            ) from error


def _is_file_of_a_drop(path: str) -> bool:
    name = path.rpartition("/")[2]
    return not name.startswith((".", "~$")) and not name.lower().endswith(_UNFINISHED)


def _targets(name: str, night: str, mark: str) -> Iterator[str]:
    path = PurePosixPath(PROCESSED, night, name)
    yield str(path)
    stem, dot, endings = path.name.partition(".")
    number = 1
    while True:
        yield str(path.with_name(f"{stem}-{mark}{f'-{number}' if number > 1 else ''}{dot}{endings}"))
        number += 1


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:300]


def _folder(connection: Connection) -> Path | None:
    """The folder of this machine that the host names; None for an object store."""
    path = unquote(urlsplit(connection.host).path) if connection.host.startswith("file://") else connection.host
    if not path.startswith("/"):
        return None
    folder = Path(path)
    if not folder.is_dir():
        raise ConfigError(f"the connection {connection.id}: {folder} is no folder", "create it, or correct the host")
    return folder.resolve()


def _local_store(folder: Path) -> Any:
    from obstore.store import LocalStore

    return LocalStore(folder)


def _object_store(connection: Connection) -> Any:
    """Raises ConfigError for an address of no store, or an extra that it does not know."""
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    scheme = urlsplit(connection.host).scheme
    if scheme not in _CREDENTIALS:
        raise ConfigError(
            f"the connection {connection.id}: {connection.host} is neither a folder nor an object store",
            "give /a/folder, s3://bucket/prefix, gs://… or az://… as its host, in the JSON form of a connection",
        )
    login, password = _CREDENTIALS[scheme]
    options = {_ALIASES.get(key, key): value for key, value in connection.extra.items()}
    options |= {key: value for key, value in ((login, connection.login), (password, connection.password)) if value}
    settings = load_settings()
    timeouts = {
        "connect_timeout": f"{settings.request_timeout_seconds:.0f}s",
        # A whole file counts as one request.
        "timeout": f"{settings.stream_deadline_seconds:.0f}s",
        "allow_http": str(options.get("endpoint", "")).startswith("http://"),
    }
    try:
        return from_url(connection.host, config=options, client_options=timeouts)  # type: ignore[call-overload]
    except (BaseError, ValueError, TypeError) as error:
        raise ConfigError(
            f"the connection {connection.id}: {_first_line(error)}", "correct its host or extra"
        ) from None
