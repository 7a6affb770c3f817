"""Google's token endpoint: an assertion signed by a service account's key for an hour's token."""

import secrets
import time
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request
from starlette.responses import Response

from sandbox.dataset import World, json_response

ACCOUNT = "cx-reader@sandbox-project.iam.gserviceaccount.com"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/analytics.readonly"
ISSUED = "ya29.sandbox-"
TOKEN_SECONDS = 3600
# What Google's own library writes into an assertion, wherever the key file sends it.
AUDIENCE = "https://oauth2.googleapis.com/token"


def key_file(request: Request, world: World) -> dict[str, Any]:
    """The key file as the console gives it when a key is made; its token_uri is this sandbox."""
    key = _key(world)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return {
        "type": "service_account",
        "project_id": "sandbox-project",
        "private_key_id": "sandbox",
        "private_key": text,
        "client_email": ACCOUNT,
        "client_id": "100000000000000000001",
        "token_uri": _token_uri(request),
    }


async def give_token(request: Request, world: World) -> Response:
    """A new token for an assertion that the account's key signed for this endpoint and the scope."""
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    if form.get("grant_type") != GRANT:
        return _refused("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
    try:
        claims = jwt.decode(
            form.get("assertion", ""),
            _key(world).public_key(),
            algorithms=["RS256"],
            audience=[AUDIENCE, _token_uri(request)],
        )
    except jwt.InvalidTokenError as error:
        return _refused("invalid_grant", f"Invalid JWT: {error}")
    if claims.get("iss") != ACCOUNT:
        return _refused("invalid_grant", "Invalid grant: account not found")
    if SCOPE not in str(claims.get("scope", "")).split():
        return _refused("invalid_scope", f"the assertion does not ask for {SCOPE}")
    token = ISSUED + secrets.token_urlsafe(16)
    world.memory.setdefault("ga4 tokens", {})[token] = time.time() + TOKEN_SECONDS
    return json_response({"access_token": token, "expires_in": TOKEN_SECONDS - 1, "token_type": "Bearer"})


def is_good(header: str, world: World) -> bool:
    """Whether the header holds a token: one given here that is not over, or one from elsewhere."""
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        return False
    return not token.startswith(ISSUED) or world.memory.get("ga4 tokens", {}).get(token, 0.0) > time.time()


def _key(world: World) -> rsa.RSAPrivateKey:
    if "ga4 key" not in world.memory:
        world.memory["ga4 key"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return world.memory["ga4 key"]


def _token_uri(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/ga4/token"


def _refused(error: str, description: str) -> Response:
    return json_response({"error": error, "error_description": description}, 400)
