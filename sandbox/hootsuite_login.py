"""Hootsuite's OAuth 2: client credentials by HTTP Basic only, access tokens of an hour, refresh tokens that work once.

The refresh token of the sandbox's connection works again and again, as if its owner authorised anew each time: each new
state folder begins with it. Those that it leads to work once.
"""

import base64
import binascii
import secrets
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from sandbox.connections import EXTRAS
from sandbox.dataset import Record, World, json_response

TOKEN_SECONDS = 3600
ISSUED = "refresh-"


async def give_tokens(request: Request, world: World) -> Response:
    """New tokens for a refresh token that was not spent, or for the code of somebody who has just logged in."""
    if not has_client(request.headers.get("authorization", "")):
        return _refused(401, "invalid_client", "Client authentication failed: use the HTTP Basic scheme")
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    if form.get("grant_type") == "authorization_code" and form.get("code"):
        return json_response(_new(world))
    if form.get("grant_type") != "refresh_token":
        return _refused(400, "unsupported_grant_type", f"grant type {form.get('grant_type')} is not supported")
    token, spent = form.get("refresh_token", ""), world.memory.setdefault("hootsuite spent", set())
    if token != EXTRAS["hootsuite"]["refresh_token"]:
        if not token.startswith(ISSUED) or token in spent:
            return _refused(400, "invalid_grant", "The refresh token is invalid, expired, or was already used")
        spent.add(token)
    return json_response(_new(world))


def has_client(header: str) -> bool:
    """Whether the header is Basic with a client id and a secret."""
    kind, _, packed = header.partition(" ")
    try:
        client, _, secret = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return kind.lower() == "basic" and bool(client and secret)


def is_good(header: str, world: World) -> bool:
    """Whether the header holds an access token from here that is not over, by the sandbox's clock."""
    kind, _, token = header.partition(" ")
    ends = world.memory.get("hootsuite tokens", {}).get(token, 0.0)
    return kind.lower() == "bearer" and world.clock.unix < ends


def _new(world: World) -> Record:
    access = secrets.token_urlsafe(24)
    world.memory.setdefault("hootsuite tokens", {})[access] = world.clock.unix + TOKEN_SECONDS
    return {
        "access_token": access,
        "expires_in": TOKEN_SECONDS,
        "refresh_token": ISSUED + secrets.token_urlsafe(24),
        "scope": "offline",
        "token_type": "bearer",
    }


def _refused(status: int, error: str, description: str) -> Response:
    return json_response({"error": error, "error_description": description, "status_code": status}, status)
