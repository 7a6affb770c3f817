"""Freshdesk: numbered pages with a link to the next, lists apart for what is deleted, a wall after 300 ticket pages.

Limits count credits: a call costs one, and two more for each thing that a list of tickets includes.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from sandbox.dataset import Version, World, json_response
from sandbox.freshdesk_records import INCLUDES, LISTINGS, STREAMS, Invalid, conversations, shown

__all__ = ["STREAMS", "answer"]

PAGE, LARGEST_PAGE = 30, 100
TICKET_PAGES = 300
CREDITS_PER_MINUTE = 400
PLAN_HAS_SURVEYS = True
KEEPS_AN_ARCHIVE = False
NO_LOGIN = {"code": "invalid_credentials", "message": "You have to be logged in to perform this action."}
USED_UP = {"message": "You have exceeded the limit of requests per hour"}


async def answer(request: Request, world: World) -> Response:
    """One call of the API: key, credits, then the endpoint. Refused calls cost as well."""
    if not has_key(request.headers.get("authorization", "")):
        return json_response(NO_LOGIN, 401)
    path = request.path_params["rest"].removeprefix("api/v2/").strip("/")
    refused, headers = take_credits(cost(path, request.query_params), world)
    if refused is None:
        try:
            refused = serve(path, request, world)
        except Invalid as error:
            refused = json_response(error.body, 400)
    refused.headers.update(headers)
    return refused


def has_key(header: str) -> bool:
    """Whether the header is Basic with an API key as its user; the password does not matter."""
    kind, _, text = header.partition(" ")
    try:
        return kind.lower() == "basic" and bool(base64.b64decode(text, validate=True).partition(b":")[0])
    except binascii.Error:
        return False


def cost(path: str, params: Mapping[str, str]) -> int:
    return 1 + 2 * len(included(params)) if path == "tickets" else 1


def included(params: Mapping[str, str]) -> list[str]:
    return [name for name in params.get("include", "").split(",") if name]


def take_credits(credits: int, world: World) -> tuple[Response | None, dict[str, str]]:
    """The refusal of a call over the limit, if limits are on, and the headers of every answer."""
    count, resets = credits, 60.0
    for _ in range(credits if world.limited else 0):
        count, resets = world.calls.take("freshdesk", CREDITS_PER_MINUTE, 60)
    headers = {
        "X-RateLimit-Total": str(CREDITS_PER_MINUTE),
        "X-RateLimit-Remaining": str(max(CREDITS_PER_MINUTE - count, 0)),
        "X-RateLimit-Used-CurrentRequest": str(credits),
    }
    if count > CREDITS_PER_MINUTE:
        return json_response(USED_UP, 429, {"Retry-After": str(int(resets) + 1)}), headers
    return None, headers


def serve(path: str, request: Request, world: World) -> Response:
    """The answer of a known endpoint, or the vendor's 404, which is empty."""
    if path.startswith("surveys") and not PLAN_HAS_SURVEYS:
        return not_in_the_plan("Surveys")
    if path in LISTINGS:
        listing = LISTINGS[path]
        require_known(request.query_params, listing.params)
        return page_of(path, listing.choose(request.query_params, world), request)
    if path == "agents/me":
        return json_response(first_agent(world))
    if found := re.fullmatch(r"tickets/(\d+)/conversations", path):
        require_known(request.query_params, frozenset())
        return conversations_page(int(found[1]), request, world)
    if re.fullmatch(r"tickets/archived/\d+", path):
        return Response(status_code=404) if KEEPS_AN_ARCHIVE else not_in_the_plan("Archive Tickets")
    return Response(status_code=404)


def not_in_the_plan(feature: str) -> Response:
    text = f"The {feature} feature(s) is/are not supported in your plan. Please upgrade your account to use it."
    return json_response({"code": "require_feature", "message": text}, 403)


def require_known(params: Mapping[str, str], known: frozenset[str]) -> None:
    """The vendor refuses parameters that it does not know, and includes likewise."""
    unknown = set(params) - known - {"page", "per_page"}
    if unknown:
        raise Invalid(min(unknown), "Unexpected/invalid field in request", "invalid_field")
    if set(included(params)) - set(INCLUDES):
        raise Invalid("include", "It should be one of these values: 'requester,stats,description'")


def page_of(path: str, rows: list[Version], request: Request) -> Response:
    """A page, with the link to the next one unless it is the last."""
    params = request.query_params
    number, size = whole_number(params, "page", 1, 10**9), whole_number(params, "per_page", PAGE, LARGEST_PAGE)
    if path == "tickets" and number > TICKET_PAGES:
        text = f"You cannot access tickets beyond the {TICKET_PAGES}th page. Please provide a smaller page number."
        raise Invalid("page", text)
    page = rows[(number - 1) * size : number * size]
    headers = {}
    if number * size < len(rows):
        address = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
        headers["Link"] = f'<{address}?{urlencode({**params, "page": number + 1})}>; rel="next"'
    return json_response([shown(path, row, included(params)) for row in page], headers=headers)


def conversations_page(ticket_id: int, request: Request, world: World) -> Response:
    """The conversations of a ticket, wherever it lies; none of one that is gone for good."""
    if ticket_id not in world.stream("freshdesk/tickets").live(world.clock.unix):
        return Response(status_code=404)
    return page_of("conversations", conversations(ticket_id, world), request)


def first_agent(world: World) -> Any:
    """The agent that the key belongs to."""
    agents = world.stream("freshdesk/agents").live(world.clock.unix)
    if agents:
        return agents[min(agents)].raw
    return {"id": 1, "type": "support_agent", "ticket_scope": 1, "contact": {"email": "robot@shop.example"}}


def whole_number(params: Mapping[str, str], name: str, default: int, largest: int) -> int:
    text = params.get(name, str(default))
    if not re.fullmatch(r"[1-9]\d*", text) or int(text) > largest:
        raise Invalid(name, f"It should be a Positive Integer less than or equal to {largest}")
    return int(text)
