"""Refresh tokens that work once: spent by one process at a time, and the new one on the disk before it is used.

A token lives in ``<state>/tokens/<connection id>.json``, which only its owner may read. The state folder, not the
warehouse, is its place: raw tables may be dropped and made again from the landing, a spent token cannot.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec

from cx_etl.connections import Connection
from cx_etl.errors import ConfigError, RetriableError
from cx_etl.settings import load_settings

# A token that ends within this time is taken for ended.
MARGIN_SECONDS = 60
Flow = Generator[httpx.Request, httpx.Response, str]


class Tokens(msgspec.Struct, frozen=True):
    """What is in force. ``origin`` is the fingerprint of the connection's refresh token that these descend from.

    ``spent_at`` is set while the refresh token is with the vendor: where it stays set, the answer was lost.
    """

    refresh_token: str
    origin: str
    access_token: str = ""
    ends_at: float = 0.0
    spent_at: datetime | None = None

    def serves(self, refused: str) -> bool:
        """Whether the access token may still be used, and is not the one that was just refused."""
        return bool(self.access_token) and self.access_token != refused and time.time() < self.ends_at - MARGIN_SECONDS


class TokenFile:
    """The file of one connection."""

    def __init__(self, connection_id: str) -> None:
        self._path = load_settings().state_dir / "tokens" / f"{connection_id}.json"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else, in this process or another, is in here at the same time. Ends with the process, however it
        ends."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def read(self) -> Tokens | None:
        """The tokens, or None before the first. Raises ConfigError for a file that somebody else has written."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Tokens) if self._path.exists() else None
        except msgspec.DecodeError as error:
            raise ConfigError(
                f"{self._path} holds no tokens: {error}",
                "remove it and authorise anew: the connection needs a refresh_token that was never used",
            ) from error

    def write(self, tokens: Tokens) -> None:
        """After: the tokens are on the disk, whole, for the owner alone; or, if this is killed, the ones before."""
        part = self._path.with_suffix(".part")
        part.unlink(missing_ok=True)
        file = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            os.write(file, msgspec.json.encode(tokens))
            os.fsync(file)
        finally:
            os.close(file)
        part.replace(self._path)
        _sync_folder(self._path.parent)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


class RefreshedToken(httpx.Auth):
    """A bearer token, renewed when it ends or is refused; client credentials go by HTTP Basic.

    The connection's ``refresh_token`` is where it begins, and begins anew when somebody puts in another one.
    """

    requires_response_body = True

    def __init__(self, connection: Connection, token_path: str, authorize_path: str) -> None:
        self._connection = connection
        self._token_url = connection.host + token_path
        self._authorize_url = connection.host + authorize_path
        self._file = TokenFile(connection.id)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = yield from self._access_token()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401:
            token = yield from self._access_token(refused=token)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request

    def _access_token(self, refused: str = "") -> Flow:
        """One that serves; whoever finds that none does renews it while the others wait."""
        with self._file.alone():
            tokens = self._current()
            if not tokens.serves(refused):
                tokens = yield from self._renew(tokens)
            return tokens.access_token

    def _current(self) -> Tokens:
        granted = self._connection.extra["refresh_token"]
        origin = hashlib.sha256(granted.encode()).hexdigest()
        kept = self._file.read()
        return kept if kept and kept.origin == origin else Tokens(granted, origin)

    def _renew(self, tokens: Tokens) -> Generator[httpx.Request, httpx.Response, Tokens]:
        """Spend the refresh token: that it is spent is written down before, and the new one before it is used."""
        self._file.write(msgspec.structs.replace(tokens, spent_at=tokens.spent_at or datetime.now(UTC)))
        answer = yield self._request(tokens.refresh_token)
        if answer.status_code in (400, 401, 403):
            raise self._refusal(tokens, answer)
        if answer.status_code != 200:
            raise RetriableError(f"login at {self._token_url}: {answer.status_code} {answer.text[:200]}", "run again")
        renewed = self._read(tokens, answer)
        self._file.write(renewed)
        return renewed

    def _request(self, refresh_token: str) -> httpx.Request:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        request = httpx.Request("POST", self._token_url, data=form)
        return next(httpx.BasicAuth(self._connection.login, self._connection.password).auth_flow(request))

    def _read(self, tokens: Tokens, answer: httpx.Response) -> Tokens:
        try:
            body = answer.json()
            ends_at = time.time() + float(body["expires_in"])
            # A vendor that sends no new refresh token lets the old one stand.
            return Tokens(body.get("refresh_token", tokens.refresh_token), tokens.origin, body["access_token"], ends_at)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            told = f"login at {self._token_url}: the answer holds no tokens: {type(error).__name__}"
            raise RetriableError(
                told, "run again; if the refresh token is lost with it, that says what to do"
            ) from error

    def _refusal(self, tokens: Tokens, answer: httpx.Response) -> ConfigError:
        told = f"login at {self._token_url} failed: {answer.status_code} {answer.text[:200]}"
        if "invalid_grant" not in answer.text:
            return ConfigError(told, "check login (client id) and password (client secret) of the connection")
        if tokens.spent_at:
            told += f"; it was sent at {tokens.spent_at:%Y-%m-%d %H:%M:%S} UTC, and the new one never came back"
        return ConfigError(told, self._how_to_authorise())

    def _how_to_authorise(self) -> str:
        return (
            f"authorise anew: log in at {self._authorize_url}?response_type=code&client_id={self._connection.login}"
            "&scope=offline&redirect_uri=<the app's redirect address>, exchange the code that it leads to with "
            f"`curl -u <login>:<password> {self._token_url} -d grant_type=authorization_code -d code=<the code> "
            "-d redirect_uri=<the same address>`, and put the refresh_token of its answer into the extra of the "
            f"connection {self._connection.id}"
        )
