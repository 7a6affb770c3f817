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
from cx_etl.contract import utc
from cx_etl.errors import ConfigError, CxError, RestartError, RetriableError
from cx_etl.settings import Connection, load_settings
from cx_etl.sources.base import (
    NOTHING,
    Answer,
    Budget,
    Page,
    Probe,
    Quota,
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
DAILY_CALLS = 500
SHOWN = "response_count,date_created,date_modified,language,question_count"
OLDEST_FIRST = {"sort_by": "date_modified", "sort_order": "ASC"}
SECOND = timedelta(seconds=1)
GONE, WRONG_REGION, TOO_LARGE, USER_GONE = "1020", "1018", "1030", ("1052", "1053")
REFUSALS = (403, 404, 413)


def _token(connection: Connection) -> HeaderAuth:
    return bearer(connection.password)


def _chosen() -> tuple[str, ...]:
    """The surveys that the settings name; none: all."""
    return tuple(map(str, load_settings().options.get("surveymonkey", {}).get("surveys", ())))


def _stamp(moment: datetime) -> str:
    """The vendor takes times without an offset, in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _get(path: str, **changes: Any) -> Request:
    return Request(f"/v3{path}", accepts=REFUSALS, **changes)


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
        (body, following, _), chosen = _walk(answer), _chosen()
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
    if chosen := _chosen():
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


def _check(answer: Answer) -> None:
    """Raises by the id of the vendor's error; a 404 of a survey that no longer exists is an answer."""
    if answer.status not in REFUSALS:
        return
    error = answer.decoded().get("error")
    number, message = (str(error.get("id")), error.get("message")) if isinstance(error, dict) else ("", error)
    told = f"surveymonkey {answer.request.path}: {answer.status} {message} (error {number or 'without id'})"
    if number == WRONG_REGION:
        raise ConfigError(
            f"{told}: the account is kept in another region",
            "set the connection's host to the access_url of the token: https://api.eu.surveymonkey.com, "
            "https://api.surveymonkey.ca",
        )
    if number in USER_GONE:
        raise ConfigError(f"{told}: the user of the token is gone", "make a token of a user that exists")
    if answer.status == 403:
        raise ConfigError(told, "grant the app surveys_read, responses_read and responses_read_detail (a paid plan)")
    if number == TOO_LARGE:
        raise CxError(
            told, "the vendor does not show surveys this large: leave it out of [options.surveymonkey] surveys"
        )
    if number != GONE:
        raise CxError(told, "the request is wrong: see the vendor's changelog")


def _quota(answer: Answer) -> Quota | None:
    """The window that is used up, the day's before the minute's; else the day's, which is the scarce one."""
    windows = [quota for name in ("Day", "Minute") if (quota := _window(answer.headers, name))]
    for quota in windows:
        if quota.left <= 0:
            return quota
    return next(iter(reversed(windows) if answer.status == 429 else windows), None)


def _window(headers: Mapping[str, str], name: str) -> Quota | None:
    left, limit, resets = (
        headers.get(f"x-ratelimit-app-global-{name.lower()}-{part}") for part in ("remaining", "limit", "reset")
    )
    return None if left is None else Quota(float(left), float(limit or 0), resets_seconds=float(resets or 0))


def _judge_user(answer: Answer) -> str:
    user = answer.decoded()
    granted = (user.get("scopes") or {}).get("granted")
    missing = {"surveys_read", "responses_read", "responses_read_detail"} - set(granted or ())
    if granted is not None and missing:
        raise ConfigError(
            f"the token lacks the scopes {', '.join(sorted(missing))}", "grant them to the app, log in anew"
        )
    return f"{user.get('username', 'a user')}, {'all scopes' if granted is not None else 'scopes not told'}"


def _judge_surveys(answer: Answer) -> str:
    total, chosen, day = answer.decoded()["total"], _chosen(), _window(answer.headers, "Day")
    allowed = day.limit if day else DAILY_CALLS
    if not chosen and total >= allowed:
        raise ConfigError(
            f"{total} surveys need as many calls a night, {allowed:,.0f} are allowed",
            "name those that matter in [options.surveymonkey] surveys",
        )
    return f"{total} surveys, {len(chosen) or 'all'} of them are asked for responses"


SOURCE = Source(
    name="surveymonkey",
    auth=_token,
    check=_check,
    quota=_quota,
    budgets=(Budget("calls a day", DAILY_CALLS, 86_400), Budget("calls a minute", 120, 60)),
    probes=(
        Probe("user and scopes", _get("/users/me"), _judge_user),
        Probe("surveys", _get("/surveys", params={"page": "1", "per_page": "1"}), _judge_surveys),
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
