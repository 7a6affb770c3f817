"""WooCommerce's two ways in: the key over TLS, and one-legged OAuth 1.0a in the query where there is no TLS.

A site behind a proxy knows from ``X-Forwarded-Proto`` that the client used TLS. The signature is made the vendor's way,
step by step, so that it judges whatever library the client signs with.
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from sandbox.connections import KEYS
from sandbox.dataset import World, json_response

OLDEST_SECONDS = 15 * 60


def refusal(request: Request, world: World) -> Response | None:
    """The vendor's 401, or None for a caller that it knows."""
    params = request.query_params
    is_tls = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
    if is_tls:
        given = basic_pair(request.headers.get("authorization", ""))
        given = given or (params.get("consumer_key", ""), params.get("consumer_secret", ""))
        return None if given == KEYS["woocommerce"] else unknown(any(given))
    if "oauth_consumer_key" not in params:
        return unknown(False)
    problem = oauth_problem(request, world)
    return error("woocommerce_rest_authentication_error", problem, 401) if problem else None


def basic_pair(header: str) -> tuple[str, str] | None:
    """Key and secret of a Basic header, None where there is none."""
    kind, _, packed = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return key, secret


def unknown(has_tried: bool) -> Response:
    if has_tried:
        return error("woocommerce_rest_authentication_error", "Consumer key is invalid.", 401)
    return error("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 401)


def error(code: str, message: str, status: int, **data: object) -> Response:
    return json_response({"code": code, "message": message, "data": {"status": status, **data}}, status)


def oauth_problem(request: Request, world: World) -> str | None:
    """Why the signed query is not accepted, or None. A nonce counts as used from here on."""
    params = dict(request.query_params)
    key, secret = KEYS["woocommerce"]
    if params.get("oauth_consumer_key") != key:
        return "Consumer key is invalid."
    address = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
    if not hmac.compare_digest(params.pop("oauth_signature", ""), signature(request.method, address, params, secret)):
        return "Invalid signature - provided signature does not match."
    if abs(time.time() - int(params.get("oauth_timestamp", "0"))) > OLDEST_SECONDS:
        return "Invalid timestamp."
    used = world.memory.setdefault("woocommerce nonces", set())
    if params["oauth_nonce"] in used:
        return "Invalid nonce - nonce has already been used."
    used.add(params["oauth_nonce"])
    return None


def signature(method: str, address: str, params: Mapping[str, str], secret: str) -> str:
    """Everything that is asked, in order and escaped twice, under the secret and an empty token."""
    escaped = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in params.items())
    pairs = "&".join(f"{name}={value}" for name, value in escaped)
    text = "&".join(quote(part, safe="~") for part in (method.upper(), address, pairs))
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha256).digest()).decode()
