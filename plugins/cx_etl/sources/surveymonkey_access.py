"""What SurveyMonkey lets in: its refusals by error id, its quotas, and what the token and the settings ask for."""

from collections.abc import Mapping

from cx_etl.errors import ConfigError, CxError
from cx_etl.settings import load_settings
from cx_etl.sources.base import Answer, Quota

DAILY_CALLS = 500
GONE, WRONG_REGION, TOO_LARGE, USER_GONE = "1020", "1018", "1030", ("1052", "1053")
REFUSALS = (403, 404, 413)


def chosen() -> tuple[str, ...]:
    """The surveys that the settings name; none: all."""
    return tuple(map(str, load_settings().options.get("surveymonkey", {}).get("surveys", ())))


def check(answer: Answer) -> None:
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


def quota(answer: Answer) -> Quota | None:
    """The window that is used up, the day's before the minute's; else the day's, which is the scarce one."""
    windows = [found for name in ("Day", "Minute") if (found := _window(answer.headers, name))]
    for found in windows:
        if found.left <= 0:
            return found
    return next(iter(reversed(windows) if answer.status == 429 else windows), None)


def _window(headers: Mapping[str, str], name: str) -> Quota | None:
    left, limit, resets = (
        headers.get(f"x-ratelimit-app-global-{name.lower()}-{part}") for part in ("remaining", "limit", "reset")
    )
    return None if left is None else Quota(float(left), float(limit or 0), resets_seconds=float(resets or 0))


def judge_user(answer: Answer) -> str:
    user = answer.decoded()
    granted = (user.get("scopes") or {}).get("granted")
    missing = {"surveys_read", "responses_read", "responses_read_detail"} - set(granted or ())
    if granted is not None and missing:
        raise ConfigError(
            f"the token lacks the scopes {', '.join(sorted(missing))}", "grant them to the app, log in anew"
        )
    return f"{user.get('username', 'a user')}, {'all scopes' if granted is not None else 'scopes not told'}"


def judge_surveys(answer: Answer) -> str:
    total, named, day = answer.decoded()["total"], chosen(), _window(answer.headers, "Day")
    allowed = day.limit if day else DAILY_CALLS
    if not named and total >= allowed:
        raise ConfigError(
            f"{total} surveys need as many calls a night, {allowed:,.0f} are allowed",
            "name those that matter in [options.surveymonkey] surveys",
        )
    return f"{total} surveys, {len(named) or 'all'} of them are asked for responses"
