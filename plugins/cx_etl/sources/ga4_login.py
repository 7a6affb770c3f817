"""How to log in at Google with the key of a service account."""

from collections.abc import Generator
from typing import Any

import httpx
import msgspec

from cx_etl.errors import ConfigError, RetriableError

SCOPE = "https://www.googleapis.com/auth/analytics.readonly"


class ServiceAccount(httpx.Auth):
    """A token that the key of a service account signs for, fetched when it is needed and again before it ends."""

    def __init__(self, key: str | dict[str, Any]) -> None:
        from google.oauth2.service_account import Credentials

        try:
            content = msgspec.json.decode(key) if isinstance(key, str) else key
            self._credentials = Credentials.from_service_account_info(content, scopes=[SCOPE])
        except ValueError as error:
            raise ConfigError(
                f"keyfile_dict is no key of a service account: {error}", "put the whole file in"
            ) from None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if not self._credentials.valid:
            self._fetch()
        self._credentials.apply(request.headers)
        response = yield request
        if response.status_code == 401:
            self._fetch()
            self._credentials.apply(request.headers)
            yield request

    def _fetch(self) -> None:
        from google.auth import exceptions
        from google.auth.transport.requests import Request as Transport

        try:
            self._credentials.refresh(Transport())
        except exceptions.GoogleAuthError as error:
            told = f"ga4 login as {self._credentials.service_account_email} failed: {error}"
            if error.retryable:
                raise RetriableError(told, "run again later") from error
            raise ConfigError(told, "make a new key for the service account, or enable it again") from error
