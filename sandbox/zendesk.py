"""Zendesk Support: incremental exports, lists, the legacy ratings and the survey-based ones.

Rules come from the vendor's OpenAPI, its reference, and recorded answers. What may be set per dataset, in its
dataset.toml under [zendesk]: ``csat = "survey"`` for an account that has left the legacy ratings (their list is empty
then; without it each list has what the dataset has), ``without = ["slas/policies"]`` for what its plan does not have.
A login that begins with ``agent`` is an agent's; every other one is an admin's.
"""

import base64
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox import zendesk_exports, zendesk_lists
from sandbox.dataset import World, json_response
from sandbox.zendesk_limits import count_call
from sandbox.zendesk_paging import BadRequest
from sandbox.zendesk_records import EXPORTS, LISTS, STREAMS, WHOLE_LISTS

__all__ = ["STREAMS", "answer"]

FOR_ADMINS = {*EXPORTS, *WHOLE_LISTS, "satisfaction_ratings", "account/settings"}
ANONYMOUS = {"id": None, "name": "Anonymous user", "email": "invalid@example.com", "role": "end-user"}
ROBOT = 9_900_001


async def answer(request: Request, world: World) -> Response:
    """One call of the API: credentials, limits, then the endpoint."""
    if request.url.path == "/zendesk/oauth/tokens":
        return await make_token(request)
    path = request.url.path.removeprefix("/zendesk/api/v2/").removesuffix(".json")
    login = login_of(request)
    if login is None and path != "users/me":
        return json_response({"error": "Couldn't authenticate you"}, 401)
    refused, headers = count_call(path, world)
    if refused:
        return refused
    try:
        response = serve(path, login, request, world)
    except BadRequest as error:
        body = {"error": "RecordInvalid", "description": "Record validation errors", "details": error.details}
        response = json_response(body, 422)
    response.headers.update(headers)
    return response


async def make_token(request: Request) -> Response:
    """A token for an OAuth client that names itself and its secret."""
    asked = await request.json() if request.method == "POST" else {}
    if asked.get("grant_type") != "client_credentials" or not (asked.get("client_id") and asked.get("client_secret")):
        return json_response({"error": "invalid_client"}, 401)
    return json_response({"access_token": "token-of-a-client", "token_type": "bearer", "scope": asked.get("scope")})


def login_of(request: Request) -> str | None:
    """Whose credentials these are; None for none."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if not secret.strip():
        return None
    return base64.b64decode(secret).decode().partition(":")[0] if scheme.lower() == "basic" else ""


def serve(path: str, login: str | None, request: Request, world: World) -> Response:
    """The answer of a known endpoint to somebody who may ask it."""
    role = "agent" if (login or "").startswith("agent") else "admin"
    if path == "users/me":
        return json_response({"user": ANONYMOUS if login is None else me(role)})
    if role != "admin" and path in FOR_ADMINS:
        return forbidden()
    if path in world.dataset.settings.get("zendesk", {}).get("without", ()):
        return json_response({"error": "InvalidEndpoint", "description": "Not found"}, 404)
    return served(path, request, world) or json_response({"error": "RecordNotFound", "description": "Not found"}, 404)


def served(path: str, request: Request, world: World) -> Response | None:
    """The answer of an endpoint, or None where there is none."""
    if request.method != "GET":
        return None
    if path in EXPORTS:
        return zendesk_exports.page(path, EXPORTS[path], request, world)
    if path in LISTS:
        return zendesk_lists.page(path, LISTS[path], request, world)
    if path in WHOLE_LISTS:
        return zendesk_lists.whole(path, WHOLE_LISTS[path], request, world)
    if path == "account/settings":
        return json_response(
            {"settings": {"active_features": {"customer_satisfaction": not zendesk_lists.is_on_surveys(world)}}}
        )
    if found := re.fullmatch(r"business_hours/schedules/(\d+)/holidays", path):
        return zendesk_lists.holidays(path, found[1], request, world)
    if path == "guide/survey_responses":
        return zendesk_lists.surveys(request, world)
    if found := re.fullmatch(r"guide/[a-z]{2}(?:-[a-z]{2,4})?/survey_responses/(\w+)", path):
        return zendesk_lists.survey(found[1], world)
    return None


def me(role: str) -> dict[str, Any]:
    return {"id": ROBOT, "name": "Robot", "email": "robot@example.com", "role": role, "active": True}


def forbidden() -> Response:
    text = "You do not have access to this page. Please contact the account owner of this help desk for further help."
    return json_response({"error": {"title": "Forbidden", "message": text}}, 403)
