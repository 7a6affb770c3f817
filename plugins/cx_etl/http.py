"""One client for all vendors: timeouts, bounded retries with jitter, and each vendor's own way to say "slow down"."""

import email.utils
import logging
import random
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import httpx
import tenacity

from cx_etl.connections import Connection
from cx_etl.errors import ConfigError, CxError, QuotaError, RestartError, RetriableError, UnknownError
from cx_etl.settings import load_settings
from cx_etl.sources.base import MISSHAPEN, Answer, Page, Quota, Request, Source

LONGEST_WAIT_SECONDS = 120.0
# What the keeper of a temporary file says when its time is over: Google's storage 400, Amazon's 403.
EXPIRED = (400, 401, 403, 404, 410)
# The connection did not come about.
NEVER_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
Read = Callable[[Answer], Page]

# It writes down every address that it asks, and some are secrets themselves: a webhook's, a signed download's.
logging.getLogger("httpx").setLevel(logging.WARNING)


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates to trust, read once in a process: each reading takes as long as several requests."""
    return httpx.create_ssl_context()


class Client:
    """Sends requests of one source. ``calls`` counts everything that was sent; ``quota`` is the vendor's last word."""

    def __init__(self, source: Source, connection: Connection, scratch: Path) -> None:
        settings = load_settings()
        self.source = source
        self.calls = 0
        self.quota: Quota | None = None
        self._connection = connection
        self._auth = source.auth(connection)
        self._scratch = scratch
        self._attempts = settings.retry_attempts
        self._first_wait_seconds = settings.retry_wait_seconds
        # Redirects are followed by hand: the target must not see the credentials.
        self._http = httpx.Client(
            timeout=settings.request_timeout_seconds,
            follow_redirects=False,
            event_hooks={"request": [self._count]},
            verify=_trusted(),
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()
        # Its parts have landed, or it is fetched anew.
        self._download.unlink(missing_ok=True)

    @property
    def _download(self) -> Path:
        return self._scratch / "download.part"

    def send(self, request: Request, read: Read) -> tuple[Answer, Page]:
        """The answer to a request, complete and free of errors, and what ``read`` makes of it.

        Raises ConfigError for refused credentials, QuotaError when the vendor's limit is used up for longer than a run
        can wait, RetriableError when the attempts are used up, CxError for an answer that will not change by asking
        again; each names the source and the request.
        """
        time.sleep(request.wait_seconds)
        self._wait_for_quota(_where(self.source, request))
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_worth_another_try),
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=self._wait_seconds,
            reraise=True,
        )
        return retrying(self._send_once, request, read)

    def _send_once(self, request: Request, read: Read) -> tuple[Answer, Page]:
        where = _where(self.source, request)
        try:
            answer = self._exchange(where, request)
        except httpx.TransportError as error:
            told = f"{where}: {type(error).__name__} {error}"
            if request.is_once and not isinstance(error, NEVER_ARRIVED):
                raise UnknownError(told, "ask whether it arrived") from error
            raise RetriableError(told, "check the network, then run again") from error
        try:
            self.source.check(answer)
            page = read(answer)
            self.quota = self.source.quota(answer)
        except MISSHAPEN as error:
            raise RetriableError(
                f"{where}: the answer is not what the vendor documents: {error!r}; it begins {_start(answer)}",
                "run again; if it stays, compare with the vendor's changelog",
            ) from error
        if request in page.next and not request.wait_seconds:
            raise RetriableError(
                f"{where}: the answer leads back to the same request: it is the page before this one",
                "run again; if it stays, the vendor's paging is broken",
            )
        return answer, page

    def _exchange(self, where: str, request: Request) -> Answer:
        absolute = request.path.startswith(("http://", "https://"))
        # A file that the vendor put elsewhere is fetched by its address alone.
        auth = httpx.Auth() if absolute else self._auth
        url = request.path if absolute else self._connection.host + filled(request.path, self._connection)
        outgoing = self._http.build_request(request.method, url, params=request.params or None, json=request.json)
        response = self._http.send(outgoing, auth=auth, stream=True)
        if response.is_redirect:
            response.close()
            response = self._follow(where, response.headers["location"])
        try:
            return self._take(where, request, response)
        finally:
            response.close()

    def _follow(self, where: str, address: str) -> httpx.Response:
        """What lies where the vendor redirects to, fetched without credentials. Asking anew makes a new file."""
        response = self._http.send(self._http.build_request("GET", address), auth=httpx.Auth(), stream=True)
        if response.status_code in EXPIRED:
            response.close()
            raise RetriableError(f"{where}: {response.status_code} where it redirects to: expired", "run again")
        return response

    def _take(self, where: str, request: Request, response: httpx.Response) -> Answer:
        """The answer of a good response; a large one goes to a file of the run's folder, not to memory."""
        if response.is_success and request.is_file:
            with self._download.open("wb") as target:
                for part in response.iter_bytes():
                    target.write(part)
            return Answer(request, b"", response.headers, self._download)
        answer = Answer(request, response.read(), response.headers, status=response.status_code)
        if not response.is_success and response.status_code not in request.accepts:
            self._refuse(where, answer, response)
        if "html" in response.headers.get("content-type", "") and not request.is_once:
            raise RetriableError(f"{where}: an HTML page instead of data: {_short(response)}", "run again later")
        return answer

    def _refuse(self, where: str, answer: Answer, response: httpx.Response) -> None:
        status = response.status_code
        told = f"{where}: {status} {_short(response)}"
        if answer.request.is_file and status in EXPIRED:
            raise RestartError(told, "run again: the vendor makes a new file")
        if status in (401, 403):
            raise ConfigError(told, "check the connection's credentials and scopes: `cx doctor`")
        if status == 429 or status >= 500:
            wait = _retry_after(response.headers)
            if status == 429 and wait is None and (quota := self.source.quota(answer)):
                wait = quota.resets_seconds
            if wait is not None and wait > LONGEST_WAIT_SECONDS:
                raise _used_up(told, wait)
            raise RetriableError(told, "run again later", wait)
        raise CxError(told, "the request is wrong: see the vendor's changelog")

    def _wait_for_quota(self, where: str) -> None:
        """Rather wait for the vendor's window to start anew than run into its refusal."""
        if self.quota is None or self.quota.left > 0:
            return
        if self.quota.resets_seconds > LONGEST_WAIT_SECONDS:
            raise _used_up(f"{where}: all {self.quota.limit:,.0f} calls are used up", self.quota.resets_seconds)
        time.sleep(self.quota.resets_seconds)

    def _wait_seconds(self, state: tenacity.RetryCallState) -> float:
        """What the vendor asked for, else exponential with full jitter."""
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "wait_seconds", None)
        if asked is not None:
            return float(min(asked, LONGEST_WAIT_SECONDS))
        return random.uniform(0, min(30.0, self._first_wait_seconds * 2 ** (state.attempt_number - 1)))

    def _count(self, request: httpx.Request) -> None:
        self.calls += 1


def filled(path: str, connection: Connection) -> str:
    """The path with the connection's extra in place of ``{name}``. Raises ConfigError naming what is not there."""
    try:
        return path.format_map(connection.extra)
    except KeyError as error:
        raise ConfigError(
            f"the connection {connection.id} has no {error.args[0]} in its extra", "add it to the connection's extra"
        ) from None


def observed_at(answer: Answer) -> datetime:
    """When the vendor gave the answer, by its own clock where it tells it."""
    text = answer.headers.get("date")
    return email.utils.parsedate_to_datetime(text).astimezone(UTC) if text else datetime.now(UTC)


def _is_worth_another_try(error: BaseException) -> bool:
    return isinstance(error, RetriableError) and not isinstance(error, RestartError)


def _where(source: Source, request: Request) -> str:
    return f"{source.name} {request.method} {request.path}"


def _used_up(told: str, wait_seconds: float) -> QuotaError:
    again = datetime.now(UTC) + timedelta(seconds=wait_seconds)
    return QuotaError(
        f"{told}; the limit starts anew in {wait_seconds / 3600:.1f} hours",
        f"run again after {again:%Y-%m-%d %H:%M} UTC: it goes on from the last page; `cx plan` shows the budgets",
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    text = headers.get("retry-after")
    if text is None:
        return None
    if text.isdigit():
        return float(text)
    return max(0.0, (email.utils.parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())


def _short(response: httpx.Response) -> str:
    return " ".join(response.text.split())[:200]


def _start(answer: Answer) -> str:
    return repr(answer.body[:80])
