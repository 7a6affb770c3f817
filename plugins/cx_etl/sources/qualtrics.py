"""Qualtrics: surveys, and the responses of each by an export: a job is started, polled, and its zipped file fetched.

Needs an API token (or an OAuth client with read:surveys and read:survey_responses) of a user who sees the surveys.
Responses are found by their last modification (sortByLastModifiedDate), so that edits of old ones are found. Cannot
see: responses still in progress, responses that were deleted (the weekly reconcile finds them), question texts.

One export runs at a time: accounts may have few at once. `[options.qualtrics] surveys` names the surveys to export.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from cx_etl.auth import FetchedToken, HeaderAuth
from cx_etl.connections import Connection
from cx_etl.contract import utc
from cx_etl.errors import ConfigError, CxError, RestartError, RetriableError
from cx_etl.files import zipped_checksum, zipped_line_parts, zipped_lines
from cx_etl.settings import load_settings
from cx_etl.sources.base import NOTHING, Answer, Page, Probe, Request, Source, Stream, Table, Window
from cx_etl.sources.qualtrics_records import (
    Envelope,
    Response,
    Survey,
    changed_at,
    is_response,
    responses_of,
    surveys_of,
)

SURVEYS = "/API/v3/surveys"
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 15.0
# Labels instead of values, or another time zone, would change what a stored value means.
EXPORT = {
    "format": "ndjson",
    "compress": True,
    "useLabels": False,
    "timeZone": "UTC",
    "sortByLastModifiedDate": True,
    "exportResponsesInProgress": False,
}


def _auth(connection: Connection) -> httpx.Auth:
    """The API token; with a ``client_id`` in the extra, the password is that client's secret."""
    client = connection.extra.get("client_id")
    if not client:
        return HeaderAuth("X-API-TOKEN", connection.password)
    scope = connection.extra.get("scope", "read:surveys read:survey_responses")
    grant = {"grant_type": "client_credentials", "scope": scope}
    fetch = httpx.Request("POST", f"{connection.host}/oauth2/token", data=grant)
    fetch = next(httpx.BasicAuth(client, connection.password).auth_flow(fetch))
    return FetchedToken(fetch, lambda answer: str(answer.json()["access_token"]))


def _list(window: Window) -> tuple[Request, ...]:
    return (Request(SURVEYS),)


def _read_list(answer: Answer) -> Page:
    result = answer.decoded()["result"]
    return Page(len(result["elements"]), _following(answer.request, result))


def _following(request: Request, result: Mapping[str, Any]) -> tuple[Request, ...]:
    """The next page by the vendor's link, asked of the connection's own host; null is the end."""
    link = result["nextPage"]
    return (request.but(params=dict(parse_qsl(urlsplit(link).query))),) if link else ()


def _responses(window: Window) -> tuple[Request, ...]:
    """The named surveys at once; without names the surveys are listed first."""
    since = {"since": window.start.strftime("%Y-%m-%dT%H:%M:%SZ")}
    chosen = load_settings().options.get("qualtrics", {}).get("surveys")
    if chosen:
        return _exports(list(chosen), since)
    return (Request(SURVEYS, context={"step": "list", **since}),)


def _exports(surveys: list[str], context: Mapping[str, str]) -> tuple[Request, ...]:
    """The export of the first survey; the others follow its file, each knowing the file before it."""
    if not surveys:
        return ()
    survey, *rest = surveys
    body = {**EXPORT, "startDate": context["since"]}
    context = {**context, "step": "start", "survey_id": survey, "rest": " ".join(rest)}
    return (Request(f"{SURVEYS}/{survey}/export-responses", "POST", json=body, context=context, accepts=(404,)),)


def _others(answer: Answer, **context: str) -> tuple[Request, ...]:
    """The exports after this one."""
    known = answer.request.context
    return _exports(known["rest"].split(), {**known, **context})


def _read_responses(answer: Answer) -> Page:
    return STEPS[answer.request.context["step"]](answer)


def _read_surveys(answer: Answer) -> Page:
    result, request = answer.decoded()["result"], answer.request
    exports = _exports([survey["id"] for survey in result["elements"]], request.context)
    return Page(0, (*exports, *_following(request, result)), bodies=NOTHING)


def _read_start(answer: Answer) -> Page:
    if _status(answer) == 404:
        # Only the survey itself can say that it is gone, rather than that it could not be exported.
        context = {**answer.request.context, "step": "gone"}
        ask = Request(f"{SURVEYS}/{context['survey_id']}", context=context, accepts=(404,))
        return Page(0, (ask,), bodies=NOTHING)
    return Page(
        0, (_poll(answer.request, answer.decoded()["result"]["progressId"], FIRST_WAIT_SECONDS),), bodies=NOTHING
    )


def _read_gone(answer: Answer) -> Page:
    """The word of the survey itself on whether it still exists."""
    survey = answer.request.context["survey_id"]
    if _status(answer) != 404:
        raise RestartError(f"qualtrics does not find survey {survey} for an export, but it is there", "run again")
    note = f"survey {survey} no longer exists: nothing of it was read"
    return Page(0, _others(answer), bodies=NOTHING, note=note)


def _poll(request: Request, job: str, wait_seconds: float) -> Request:
    survey = request.context["survey_id"]
    context = {**request.context, "step": "poll", "job": job}
    path = f"{SURVEYS}/{survey}/export-responses/{job}"
    return Request(path, context=context, wait_seconds=min(wait_seconds, LONGEST_WAIT_SECONDS))


def _read_poll(answer: Answer) -> Page:
    """100 percent is not the end: the file's id is null until the status is complete."""
    result, request = answer.decoded()["result"], answer.request
    survey = request.context["survey_id"]
    if result["status"] == "failed":
        raise RestartError(f"qualtrics export of survey {survey} failed: {result.get('error')}", "run the night again")
    file = result["fileId"] if result["status"] == "complete" else None
    if file is None:
        return Page(0, (_poll(request, request.context["job"], request.wait_seconds * 2),), bodies=NOTHING)
    context = {**request.context, "step": "file"}
    fetch = Request(f"{SURVEYS}/{survey}/export-responses/{file}/file", context=context, is_file=True)
    return Page(0, (fetch,), bodies=NOTHING)


def _read_file(answer: Answer) -> Page:
    """The responses of a survey, in parts. Every byte is checked before the first part lands."""
    assert answer.file is not None
    context = answer.request.context
    name = f"qualtrics export of survey {context['survey_id']}"
    records = sum(is_response(line) for line in zipped_lines(answer.file, name))
    checksum = zipped_checksum(answer.file, name)
    if records and checksum == context.get("before"):
        # No two surveys have the same responses.
        raise RetriableError(f"{name}: this is the file of the survey before it", "run again")
    return Page(records, _others(answer, before=checksum), bodies=zipped_line_parts(answer.file, name))


STEPS = {
    "list": _read_surveys,
    "start": _read_start,
    "gone": _read_gone,
    "poll": _read_poll,
    "file": _read_file,
}


def _status(answer: Answer) -> int:
    """The status by the body, which may say that a 200 is an error."""
    return int(answer.decoded(Envelope).meta.http_status[:3])


def _check(answer: Answer) -> None:
    """Raises for an answer whose body says that it is an error; a 404 that the request takes is an answer."""
    if answer.request.is_file:
        return
    status = _status(answer)
    if status < 400 or status in answer.request.accepts:
        return
    error = answer.decoded()["meta"].get("error") or {}
    told = f"qualtrics {answer.request.path}: {status} {error.get('errorMessage')} ({error.get('errorCode')})"
    if status in (401, 403):
        raise ConfigError(told, "check the token, and that its user may see and export the surveys: `cx doctor`")
    if status == 429 or status >= 500:
        raise RetriableError(told, "run again later")
    raise CxError(told, "the request is wrong: see the vendor's changelog")


def _judge_user(answer: Answer) -> str:
    user = answer.decoded()["result"]
    return f"{user.get('userName', user.get('userId'))} of {user.get('brandId')}"


def _judge_surveys(answer: Answer) -> str:
    result = answer.decoded()["result"]
    if not result["elements"]:
        raise ConfigError("the token's user sees no survey", "share the surveys with this user, or use another token")
    return f"{len(result['elements'])}{' or more' if result['nextPage'] else ''} surveys"


SOURCE = Source(
    name="qualtrics",
    auth=_auth,
    check=_check,
    probes=(
        Probe("user", Request("/API/v3/whoami"), _judge_user),
        Probe("surveys", Request(SURVEYS), _judge_surveys),
    ),
    streams=(
        Stream(
            name="surveys",
            tables=(Table("qualtrics__surveys", Survey, "id"),),
            start=_list,
            read=_read_list,
            split=surveys_of,
            version_at=lambda survey: utc(survey.last_modified),
            found_by="",
            absent_is_deleted=True,
        ),
        Stream(
            name="responses",
            tables=(Table("qualtrics__responses", Response, "responseId"),),
            start=_responses,
            read=_read_responses,
            split=responses_of,
            version_at=changed_at,
            context_fields=("survey_id",),
            # Exports lag behind, and an account whose exports go by the recorded date still gets most edits.
            overlap=timedelta(days=3),
        ),
    ),
)
