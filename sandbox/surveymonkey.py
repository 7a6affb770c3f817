"""SurveyMonkey: surveys, their details, and responses in bulk, under quotas of a minute and a day.

Envelope, filters, headers and error ids follow the vendor's documentation. A token that begins with ``eu-`` or ``ca-``
belongs to an account of another region than this host's.
"""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from sandbox.dataset import Record, StreamSpec, Version, World, json_response

LIST_PAGES, BULK_PAGES = (50, 1000), (50, 100)
WINDOWS = (("Day", 500, 86_400), ("Minute", 120, 60))
STATUSES = frozenset({"completed", "partial", "overquota", "disqualified"})
DETAILS_ONLY = frozenset({"pages", "buttons_text", "custom_variables", "page_count"})
ALWAYS_SHOWN = frozenset({"id", "title", "nickname", "href"})
SCOPES = ["users_read", "surveys_read", "responses_read", "responses_read_detail"]
LARGEST_SURVEY = 1000
# The names of the errors that are answered here, by their id.
NAMES = {
    "1000": "Bad Request",
    "1010": "Authorization Error",
    "1018": "Permission Error",
    "1020": "Resource Not Found",
    "1030": "Request Entity Too Large",
    "1040": "Rate limit reached",
}


class SurveyKeys(msgspec.Struct, gc=False):
    """Dates of surveys have no offset."""

    id: str
    date_modified: datetime
    title: str = ""
    question_count: int = 0


class ResponseKeys(msgspec.Struct, gc=False):
    id: str
    survey_id: str
    date_modified: datetime
    response_status: str = "completed"


STREAMS = (StreamSpec("surveymonkey/surveys", SurveyKeys), StreamSpec("surveymonkey/responses", ResponseKeys))


class Refused(Exception):
    """What the vendor answers with an error of that id."""

    def __init__(self, status: int, number: str, message: str) -> None:
        super().__init__(message)
        self.status, self.number = status, number


async def answer(request: Request, world: World) -> Response:
    """One call of the API: quota, token, region, then the endpoint."""
    counts, headers = count_call(world)
    try:
        if counts:
            raise Refused(429, "1040", f"Too many requests were made, try again later: {counts}")
        require_token(request)
        response = json_response(serve(request, world))
    except Refused as error:
        response = json_response(error_body(error), error.status)
    response.headers.update(headers)
    return response


def count_call(world: World) -> tuple[str, dict[str, str]]:
    """The window that the call goes beyond, if limits are on, and the headers of every answer; no Retry-After."""
    headers, beyond = {}, ""
    for name, limit, seconds in WINDOWS:
        count, resets = world.calls.take(f"surveymonkey {name}", limit, seconds) if world.limited else (0, seconds)
        prefix = f"X-Ratelimit-App-Global-{name}"
        headers |= {f"{prefix}-Limit": str(limit), f"{prefix}-Remaining": str(max(limit - count, 0))}
        headers |= {f"{prefix}-Reset": str(int(resets) + 1)}
        beyond = beyond or (name if count > limit else "")
    return beyond, headers


def require_token(request: Request) -> None:
    found = re.match(r"(?i)bearer +(\S+)", request.headers.get("authorization", ""))
    if found is None:
        raise Refused(401, "1010", "The authorization token was not provided.")
    if found[1].startswith(("eu-", "ca-")):
        raise Refused(403, "1018", "The user is not on this data center: use the access_url of the token.")


def error_body(error: Refused) -> Record:
    told = {"id": error.number, "name": NAMES[error.number], "message": str(error), "http_status_code": error.status}
    return {"error": {"docs": "https://developer.surveymonkey.com/api/v3/#error-codes", **told}}


def serve(request: Request, world: World) -> Any:
    """The user, the list of surveys, or what belongs to one of them."""
    path = request.url.path.removeprefix("/surveymonkey/v3").strip("/")
    if path == "users/me":
        return {"id": "1", "username": "sandbox", "scopes": {"available": SCOPES, "granted": SCOPES}}
    if path == "surveys":
        return list_surveys(request, world)
    found = re.fullmatch(r"surveys/(\w+)(/details|/responses/bulk)?", path)
    survey = world.stream("surveymonkey/surveys").live(world.clock.unix).get(found[1]) if found else None
    if found is None or survey is None:
        raise Refused(404, "1020", "There was an error retrieving the requested resource.")
    if found[2] == "/responses/bulk":
        return list_responses(request, survey.keys.id, world)
    if found[2] == "/details":
        return details(survey, world)
    return without(survey.decode(), DETAILS_ONLY - {"page_count"})


def details(survey: Version, world: World) -> Record:
    """The survey with all its questions."""
    if survey.keys.question_count > LARGEST_SURVEY:
        raise Refused(413, "1030", "The survey is too large.")
    return survey.decode() | {"response_count": len(of_survey(survey.keys.id, world))}


def list_surveys(request: Request, world: World) -> Record:
    """A page of the account's surveys, with the fields that were asked for."""
    params = request.query_params
    shown = ALWAYS_SHOWN | set((params.get("include") or "").split(","))
    surveys = world.stream("surveymonkey/surveys").rows(world.clock.unix, modified_order)
    rows = in_window(surveys, params)
    if params.get("sort_by") == "title":
        rows.sort(key=lambda version: version.keys.title)
    page = paged(request, in_direction(rows, params), LIST_PAGES)
    for number, version in enumerate(page["data"]):
        record = version.decode() | {"response_count": len(of_survey(version.keys.id, world))}
        page["data"][number] = {name: value for name, value in record.items() if name in shown}
    return page


def list_responses(request: Request, survey_id: str, world: World) -> Record:
    """A page of the survey's responses with all their answers."""
    params = request.query_params
    if params.get("status") and params["status"] not in STATUSES:
        raise Refused(400, "1000", f"status must be one of {sorted(STATUSES)}")
    rows = in_window(of_survey(survey_id, world), params)
    if params.get("status"):
        rows = [version for version in rows if version.keys.response_status == params["status"]]
    page = paged(request, in_direction(rows, params), BULK_PAGES)
    page["data"] = [version.raw for version in page["data"]]
    return page


def of_survey(survey_id: str, world: World) -> list[Version]:
    """The survey's responses in the order in which they were modified."""
    stream = world.stream("surveymonkey/responses")

    def make(at: float) -> dict[str, list[Version]]:
        surveys: dict[str, list[Version]] = {}
        for row in stream.rows(at, modified_order):
            surveys.setdefault(row.keys.survey_id, []).append(row)
        return surveys

    return stream.cached(world.clock.unix, "by survey", make).get(survey_id, [])


def modified(version: Version) -> float:
    """When the record was modified; a date without an offset is UTC."""
    at = version.keys.date_modified
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def modified_order(version: Version) -> tuple[float, str]:
    return (modified(version), version.keys.id)


def is_after(at: float, start: float) -> bool:
    """Whether a record is modified "after" the start of a window."""
    return at > start


def in_window(rows: list[Version], params: QueryParams) -> list[Version]:
    start, end = instant(params, "start_modified_at"), instant(params, "end_modified_at")
    return [
        version
        for version in rows
        if (start is None or is_after(modified(version), start)) and (end is None or modified(version) < end)
    ]


def in_direction(rows: list[Version], params: QueryParams) -> list[Version]:
    """Newest first, unless asked otherwise."""
    return rows if params.get("sort_order", "").upper() == "ASC" else rows[::-1]


def paged(request: Request, rows: list[Version], sizes: tuple[int, int]) -> Record:
    """The envelope of one page; its links point to the host that was asked, and the last page has no next one."""
    params = request.query_params
    size, page = whole_number(params, "per_page", sizes[0]), whole_number(params, "page", 1)
    if size > sizes[1]:
        raise Refused(400, "1000", f"per_page must not be over {sizes[1]}")
    last = max(1, -(-len(rows) // size))

    def link(number: int) -> str:
        query = urlencode({**params, "page": number, "per_page": size})
        return f"{request.url.scheme}://{request.url.netloc}{request.url.path}?{query}"

    links = {"self": link(page), "first": link(1), "last": link(last)}
    links |= {"next": link(page + 1)} if page < last else {}
    links |= {"prev": link(page - 1)} if page > 1 else {}
    return {
        "per_page": size,
        "total": len(rows),
        "page": page,
        "data": list(rows[(page - 1) * size : page * size]),
        "links": links,
    }


def whole_number(params: QueryParams, name: str, default: int) -> int:
    text = params.get(name) or str(default)
    if not re.fullmatch(r"[1-9]\d*", text):
        raise Refused(400, "1000", f"{name} must be a positive number")
    return int(text)


def instant(params: QueryParams, name: str) -> float | None:
    """Unix seconds of a time, which is UTC when it does not say."""
    if not params.get(name):
        return None
    try:
        found = datetime.fromisoformat(params[name])
    except ValueError as error:
        raise Refused(400, "1000", f"{name} is not a date") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def without(record: Record, fields: frozenset[str]) -> Record:
    return {name: value for name, value in record.items() if name not in fields}
