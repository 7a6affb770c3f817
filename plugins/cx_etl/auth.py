"""Ways to log in, as httpx understands them: a header, a token that is fetched and renewed, a signed query."""

from collections.abc import Callable, Generator

import httpx

from cx_etl.errors import ConfigError, RetriableError


class HeaderAuth(httpx.Auth):
    """A secret in a header of every request."""

    def __init__(self, name: str, value: str) -> None:
        self._name, self._value = name, value

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self._name] = self._value
        yield request


class FetchedToken(httpx.Auth):
    """A bearer token that a call of its own gives, fetched before the first request and again when it is refused."""

    requires_response_body = True

    def __init__(self, fetch: httpx.Request, token_of: Callable[[httpx.Response], str]) -> None:
        self._fetch, self._token_of = fetch, token_of
        self._token: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._token is None:
            yield from self._renew()
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == 401:
            yield from self._renew()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _renew(self) -> Generator[httpx.Request, httpx.Response, None]:
        answer = yield self._fetch
        told = f"login at {self._fetch.url.host} failed: {answer.status_code} {answer.text[:200]}"
        if answer.status_code == 429 or answer.status_code >= 500:
            raise RetriableError(told, "run again later")
        if answer.status_code != 200:
            raise ConfigError(told, "check login and password of the connection")
        self._token = self._token_of(answer)


class SignedQuery(httpx.Auth):
    """OAuth 1.0a with one leg: the key signs each request's query, for a host without TLS to hide the secret."""

    def __init__(self, key: str, secret: str) -> None:
        from oauthlib import oauth1

        self._client = oauth1.Client(
            key,
            client_secret=secret,
            signature_method=oauth1.SIGNATURE_HMAC_SHA256,
            signature_type=oauth1.SIGNATURE_TYPE_QUERY,
        )

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        signed, _, _ = self._client.sign(str(request.url), request.method)
        request.url = httpx.URL(signed)
        yield request


def bearer(token: str) -> HeaderAuth:
    return HeaderAuth("Authorization", f"Bearer {token}")
