"""One client for all vendors: timeouts, bounded retries with jitter, and each vendor's own way to say "slow down"."""

import email.utils
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import tenacity

from cx_etl.errors import ConfigError, CxError, RetriableError
from cx_etl.settings import Connection, load_settings
from cx_etl.sources.base import Answer, Request, Source

if TYPE_CHECKING:
    import httpx

LONGEST_WAIT_SECONDS = 120.0


class Client:
    """Sends requests of one source; ``calls`` counts every attempt that reached the vendor."""

    def __init__(self, source: Source, connection: Connection) -> None:
        import httpx

        settings = load_settings()
        self.source = source
        self.calls = 0
        self._connection = connection
        self._attempts = settings.retry_attempts
        # Redirects are followed by hand: the target must not see the credentials.
        self._http = httpx.Client(timeout=settings.request_timeout_seconds, follow_redirects=False)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def send(self, request: Request) -> Answer:
        """The answer to a request, complete and free of errors.

        Raises ConfigError for refused credentials, RetriableError when the attempts are used up, CxError for
        an answer that will not change by asking again; each names the source and the request.
        """
        time.sleep(request.wait_seconds)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(RetriableError),
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=_wait_seconds,
            reraise=True,
        )
        return retrying(self._send_once, request)

    def _send_once(self, request: Request) -> Answer:
        import httpx

        where = f"{self.source.name} {request.method} {request.path}"
        try:
            response = self._exchange(request)
        except httpx.TransportError as error:
            raise RetriableError(
                f"{where}: {type(error).__name__} {error}", "check the network, then run again"
            ) from error
        _raise_for_status(where, response)
        answer = Answer(request, response.content, response.headers)
        self.source.check(answer)
        return answer

    def _exchange(self, request: Request) -> "httpx.Response":
        self.calls += 1
        absolute = request.path.startswith(("http://", "https://"))
        url = request.path if absolute else self._connection.host + request.path
        # A file that the vendor put elsewhere is fetched by its address alone.
        headers = {} if absolute else self.source.headers(self._connection)
        response = self._http.request(
            request.method, url, params=request.params or None, json=request.json, headers=headers
        )
        if response.is_redirect:
            self.calls += 1
            response = self._http.get(response.headers["location"])
        return response


def observed_at(answer: Answer) -> datetime:
    """When the vendor gave the answer, by its own clock where it tells it."""
    text = answer.headers.get("date")
    return email.utils.parsedate_to_datetime(text).astimezone(UTC) if text else datetime.now(UTC)


def _wait_seconds(state: tenacity.RetryCallState) -> float:
    """What the vendor asked for, else exponential with full jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "wait_seconds", None)
    if asked is not None:
        return min(asked, LONGEST_WAIT_SECONDS)
    return random.uniform(0, min(30.0, 0.5 * 2**state.attempt_number))


def _raise_for_status(where: str, response: "httpx.Response") -> None:
    status = response.status_code
    if status in (401, 403):
        raise ConfigError(f"{where}: {status} {_short(response)}", "check the connection's credentials and scopes")
    if status == 429 or status >= 500:
        raise RetriableError(f"{where}: {status} {_short(response)}", "run again later", _retry_after(response.headers))
    if status >= 400:
        raise CxError(f"{where}: {status} {_short(response)}", "the request is wrong: see the vendor's changelog")
    if "html" in response.headers.get("content-type", ""):
        raise RetriableError(f"{where}: an HTML page instead of data: {_short(response)}", "run again later")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    text: Any = headers.get("retry-after")
    if text is None:
        return None
    if text.isdigit():
        return float(text)
    return max(0.0, (email.utils.parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())


def _short(response: "httpx.Response") -> str:
    return " ".join(response.text.split())[:200]
