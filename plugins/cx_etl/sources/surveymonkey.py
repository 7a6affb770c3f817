"""SurveyMonkey: surveys, their questions at each revision, and the responses of each survey.

Scopes: surveys_read, responses_read, responses_read_detail (View Response Details, a paid plan), users_read for
`cx doctor`. Limits: 500 calls a day and 120 a minute for draft and private apps. Cannot see: responses that were
deleted (they disappear; the weekly reconcile finds them), labels between two revisions of one night.

Which surveys are asked for responses: a response that changes moves its own modified date, not its survey's, so the
list cannot say which surveys have changed. Every survey that has responses is asked, one call a night each; one whose
response count is 0 is not. `[options.surveymonkey] surveys` names the surveys where that is too many.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from cx_etl.auth import HeaderAuth, bearer
from cx_etl.connections import Connection
from cx_etl.contract import utc
from cx_etl.errors import RestartError, RetriableError
from cx_etl.sources import surveymonkey_access as access
from cx_etl.sources.base import (
    NOTHING,
    Answer,
    Budget,
    Page,
    Probe,
    Request,
    Source,
    Stream,
    Table,
    Window,
    records_under,
)
from cx_etl.sources.surveymonkey_records import Response, Survey, SurveyDetails, details_of, responses_of

LIST_PAGE_SIZE = 1000
PAGE_SIZE = 100
SHOWN = "response_count,date_created,date_modified,language,question_count"
OLDEST_FIRST = {"sort_by": "date_modified", "sort_order": "ASC"}
SECOND = timedelta(seconds=1)


def _token(connection: Connection) -> HeaderAuth:
    return bearer(connection.password)


def _stamp(moment: datetime) -> str:
    """The vendor takes times without an offset, in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _get(path: str, **changes: Any) -> Request:
    return Request(f"/v3{path}", accepts=access.REFUSALS, **changes)


def _list(window: Window) -> tuple[Request, ...]:
    params = {"page": "1", "per_page": str(LIST_PAGE_SIZE), "include": SHOWN, **OLDEST_FIRST}
    return (_get("/surveys", params=params),)


def _read_list(answer: Answer) -> Page:
    body, following, total = _walk(answer)
    return Page(len(body["data"]), following, total)


def _walk(answer: Answer) -> tuple[dict[str, Any], tuple[Request, ...], int | None]:
    """A page of a list in the order of modified dates: its body, the next page's request, the total on the first page.

    A row that changes moves to the end, and page numbers would skip the row that takes its place. So the walk goes on
    by the modified date, and by page number only within one second. No link to a next page is the vendor's end.
    """
    body, request = answer.decoded(), answer.request
    since, page = request.params.get("start_modified_at", ""), request.params["page"]
    moved = sorted(filter(None, map(_modified, body["data"])))
    if str(body["page"]) != page or (moved and _stamp(moved[0]) < since):
        raise RetriableError(
            f"surveymonkey {request.path}: not page {page} since {since or 'ever'}, which was asked for"
        )
    total = None if "goes on" in request.context else body["total"]
    if not (link := body["links"].get("next")):
        return body, (), total
    following = request.but(context={**request.context, "goes on": "yes"})
    # Whether the vendor's "after" holds the second itself is not known: one second earlier, both are right.
    if moved and (going_on := _stamp(moved[-1] - SECOND)) > since:
        return body, (following.with_params(start_modified_at=going_on, page="1"),), total
    # By the link's parameters, at the connection's own host.
    return body, (following.with_params(**dict(parse_qsl(urlsplit(link).query))),), total


def _modified(record: Mapping[str, Any]) -> datetime | None:
    """When the record was modified; None where that cannot be read, which its contract will say."""
    try:
        return utc(msgspec.convert(record["date_modified"], datetime))
    except (msgspec.ValidationError, KeyError):
        return None


def _details(window: Window) -> tuple[Request, ...]:
    """The surveys whose modified date moved are listed first; the details of each follow."""
    return tuple(request.with_params(start_modified_at=_stamp(window.start)) for request in _list(window))


def _read_details(answer: Answer) -> Page:
    if answer.request.path == "/v3/surveys":
        (body, following, _), chosen = _walk(answer), access.chosen()
        ids = [survey["id"] for survey in body["data"] if not chosen or survey["id"] in chosen]
        details = [_get(f"/surveys/{survey}/details", context={"survey": survey}) for survey in ids]
        return Page(0, (*details, *following), bodies=NOTHING)
    if answer.status == 404:
        return _gone(answer)
    if (sent := answer.decoded()["id"]) != (asked := answer.request.context["survey"]):
        raise RetriableError(f"surveymonkey sent the details of survey {sent}, asked was {asked}")
    return Page(1)


def _responses(window: Window) -> tuple[Request, ...]:
    """The named surveys at once; without names the surveys are listed first."""
    since = _stamp(window.start)
    if chosen := access.chosen():
        return tuple(_bulk(survey, since) for survey in chosen)
    return tuple(request.but(context={"since": since}) for request in _list(window))


def _bulk(survey: str, since: str) -> Request:
    params = {"page": "1", "per_page": str(PAGE_SIZE), "start_modified_at": since, **OLDEST_FIRST}
    return _get(f"/surveys/{survey}/responses/bulk", params=params, context={"survey": survey}, chain=survey)


def _read_responses(answer: Answer) -> Page:
    request = answer.request
    if request.path == "/v3/surveys":
        body, following, _ = _walk(answer)
        with_responses = [survey["id"] for survey in body["data"] if survey.get("response_count") != 0]
        bulks = [_bulk(survey, request.context["since"]) for survey in with_responses]
        return Page(0, (*bulks, *following), bodies=NOTHING)
    if not request.path.endswith("/bulk"):
        return _gone(answer)
    if answer.status == 404:
        # Only the survey itself can say that it is gone, rather than that its responses could not be found.
        return Page(0, (_get(f"/surveys/{request.context['survey']}", context=request.context),), bodies=NOTHING)
    body, following, total = _walk(answer)
    return Page(len(body["data"]), following, total)


def _gone(answer: Answer) -> Page:
    """The word of the survey itself on whether it still exists."""
    survey = answer.request.context["survey"]
    if answer.status != 404:
        raise RestartError(f"surveymonkey does not find the responses of survey {survey}, but the survey", "run again")
    return Page(0, bodies=NOTHING, note=f"survey {survey} no longer exists: nothing of it was read")


SOURCE = Source(
    name="surveymonkey",
    auth=_token,
    check=access.check,
    quota=access.quota,
    budgets=(Budget("calls a day", access.DAILY_CALLS, 86_400), Budget("calls a minute", 120, 60)),
    probes=(
        Probe("user and scopes", _get("/users/me"), access.judge_user),
        Probe("surveys", _get("/surveys", params={"page": "1", "per_page": "1"}), access.judge_surveys),
    ),
    streams=(
        Stream(
            name="surveys",
            tables=(Table("surveymonkey__surveys", Survey, "id"),),
            start=_list,
            read=_read_list,
            split=records_under("data"),
            version_at=lambda survey: utc(survey.date_modified),
            found_by="",
            absent_is_deleted=True,
        ),
        Stream(
            name="survey_details",
            tables=(Table("surveymonkey__survey_details", SurveyDetails, ("id", "revision")),),
            start=_details,
            read=_read_details,
            split=details_of,
            version_at=lambda survey: utc(survey.date_modified),
            overlap=timedelta(days=1),
            # An earlier revision is in no later answer, and is what an earlier response was given to.
            reaches_back=timedelta(),
        ),
        Stream(
            name="responses",
            tables=(Table("surveymonkey__responses", Response, "id"),),
            start=_responses,
            read=_read_responses,
            split=responses_of,
            version_at=lambda response: utc(response.date_modified),
            found_by="date_modified",
            overlap=timedelta(days=1),
        ),
    ),
)
