"""Hootsuite: REST, analytics and Inbox 2.0 of one organisation, behind tokens of an hour.

Errors of analytics are problems (title, status, detail), all others a list of numbered errors. A refusal for too many
calls says nothing of when to come back. Under [hootsuite] dataset.toml may set calls_per_day.
"""

from collections import Counter

from starlette.requests import Request
from starlette.responses import Response

from sandbox import hootsuite_inbox, hootsuite_lists
from sandbox.dataset import Record, World, json_response
from sandbox.hootsuite_inbox import METRICS, aggregate
from sandbox.hootsuite_lists import Refused, list_analytics, list_messages, list_profiles
from sandbox.hootsuite_login import give_tokens, is_good

__all__ = ["STREAMS", "answer"]

STREAMS = (*hootsuite_lists.STREAMS, *hootsuite_inbox.STREAMS)
ME: Record = {"data": {"id": "1389211223", "fullName": "Nadia Rahman", "isActive": True, "organizationIds": ["814984"]}}
ANALYTICS, INBOX = "v1/analytics/", "inbox/v1/reporting/metrics/"
CALLS_PER_DAY, CALLS_PER_SECOND = 100_000, 20


async def answer(request: Request, world: World) -> Response:
    """One call: the token endpoint, or a token, the limits, then the endpoint."""
    rest = request.path_params["rest"].strip("/")
    if rest == "oauth2/token" and request.method == "POST":
        return await give_tokens(request, world)
    if not is_good(request.headers.get("authorization", ""), world):
        return refusal(401, 1001, "Invalid access token")
    refused, headers = count_call(world)
    if refused:
        return refused
    try:
        response = json_response(serve(rest, request, await request.body(), world))
    except LookupError:
        response = refusal(404, 4001, "Resource not found")
    except Refused as error:
        response = problem(error) if rest.startswith(ANALYTICS) else refusal(400, error.code, str(error))
    response.headers.update(headers)
    return response


def serve(rest: str, request: Request, body: bytes, world: World) -> Record:
    """The answer of a known endpoint. Raises LookupError for others."""
    asked = (request.method, rest)
    if asked == ("GET", "v1/me"):
        return ME
    if asked == ("GET", "v1/socialProfiles"):
        return list_profiles(world)
    if asked == ("GET", "v1/messages"):
        return list_messages(request.query_params, world)
    if asked in (("POST", f"{ANALYTICS}posts"), ("POST", f"{ANALYTICS}profiles")):
        return list_analytics(rest.removeprefix(ANALYTICS), request.query_params, body, world)
    if request.method == "POST" and rest.removeprefix(INBOX) in METRICS:
        return aggregate(rest.removeprefix(INBOX), body, world)
    raise LookupError(rest)


def count_call(world: World) -> tuple[Response | None, dict[str, str]]:
    """The refusal of a call over a limit, if limits are on, and the headers of every answer."""
    allowed = world.dataset.settings.get("hootsuite", {}).get("calls_per_day", CALLS_PER_DAY)
    used: Counter[str] = world.memory.setdefault("hootsuite calls", Counter())
    today = world.clock.iso[:10]
    second = world.calls.take("hootsuite", CALLS_PER_SECOND, 1)[0] if world.limited else 0
    if world.limited and (used[today] >= allowed or second > CALLS_PER_SECOND):
        is_over = used[today] >= allowed
        refused = (
            refusal(429, 1003, "Account plan limit exceeded") if is_over else refusal(429, 1043, "Too many requests")
        )
        refused.headers.update(limit_headers(allowed, used[today], 0))
        return refused, {}
    used[today] += 1
    return None, limit_headers(allowed, used[today], CALLS_PER_SECOND - second)


def limit_headers(allowed: int, used: int, left_this_second: int) -> dict[str, str]:
    return {
        "X-Account-Quota": f"{allowed} per day",
        "X-Account-Quota-Used": str(used),
        "X-Account-Rate-Limit-Requests-Remaining": str(left_this_second),
    }


def refusal(status: int, code: int, message: str) -> Response:
    return json_response({"errors": [{"code": code, "message": message, "id": "sandbox"}]}, status)


def problem(error: Refused) -> Response:
    body = {"title": "invalid-argument", "status": 422, "detail": str(error)}
    return json_response(body, 422)
