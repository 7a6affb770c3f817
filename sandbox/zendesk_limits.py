"""Zendesk's limits: the account's, those of some endpoints, and the headers that tell of both."""

from starlette.responses import Response

from sandbox.dataset import World, json_response
from sandbox.zendesk_records import EXPORTS

ACCOUNT_PER_MINUTE = 700
EXPORTS_PER_MINUTE = 10
CURSOR_EXPORTS_PER_MINUTE = 20
DELETED_PER_MINUTE = 10


def count_call(path: str, world: World) -> tuple[Response | None, dict[str, str]]:
    """The refusal of a call over its limit, if limits are on, and the header families of every answer."""
    headers: dict[str, str] = {}
    for name, limit in limits_of(path).items():
        count, resets = world.calls.take(f"zendesk {name}", limit, 60) if world.limited else (0, 60.0)
        wait = int(resets) + 1
        headers |= limit_headers(name, limit, max(limit - count, 0), wait)
        if count > limit:
            return refusal(name, headers | {"Retry-After": str(wait)}), headers
    return None, headers


def limits_of(path: str) -> dict[str, int]:
    """The limits that a call of the path counts against."""
    limits = {"account": ACCOUNT_PER_MINUTE}
    if path in EXPORTS and EXPORTS[path].by_cursor:
        limits["incremental-exports-cursor"] = CURSOR_EXPORTS_PER_MINUTE
    elif path in EXPORTS:
        limits["incremental-exports"] = EXPORTS_PER_MINUTE
    elif path == "deleted_tickets":
        limits["deleted-tickets"] = DELETED_PER_MINUTE
    return limits


def refusal(name: str, headers: dict[str, str]) -> Response:
    kind = "incremental export API" if name.startswith("incremental") else "API"
    text = f"Number of allowed {kind} requests per minute exceeded"
    return json_response({"error": "APIRateLimitExceeded", "description": text}, 429, headers)


def limit_headers(name: str, limit: int, left: int, resets: int) -> dict[str, str]:
    if name != "account":
        return {f"zendesk-ratelimit-{name}": f"total={limit}; remaining={left}; resets={resets}"}
    return {
        "x-rate-limit": str(limit),
        "x-rate-limit-remaining": str(left),
        "ratelimit-limit": str(limit),
        "ratelimit-remaining": str(left),
        "ratelimit-reset": str(resets),
    }
