"""Hootsuite's lists: profiles, outbound posts by four weeks, analytics by profile; and how each of them ends."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import httpx

from cx_etl.connections import Connection
from cx_etl.errors import RetriableError
from cx_etl.refresh_tokens import RefreshedToken
from cx_etl.settings import load_settings
from cx_etl.sources.base import NOTHING, Answer, Page, Request, Window
from cx_etl.sources.hootsuite_answers import NETWORKS, PROFILES, REFUSED, refusal, told_at
from cx_etl.sources.hootsuite_records import Listed

PAGE_SIZE = 100
MESSAGES = "/v1/messages"
FOUR_WEEKS = timedelta(weeks=4)
# Hootsuite began then; a first run asks from here on.
FIRST_DAY = "2008-12-01"
# How many profiles of one network may be asked for at a time.
PROFILES_AT_ONCE = 10
# The vendor allows 30 days and two years; a day less, wherever its day begins.
MODIFIED_DAYS, PUBLISHED_DAYS = 29, 729
RESTATED = timedelta(days=30)


def login(connection: Connection) -> httpx.Auth:
    return RefreshedToken(connection, token_path="/oauth2/token", authorize_path="/oauth2/auth")


def ask_profiles(window: Window) -> tuple[Request, ...]:
    return (Request(PROFILES),)


def read_profiles(answer: Answer) -> Page:
    return Page(len(answer.decoded(Listed).data))


def ask_messages(window: Window) -> tuple[Request, ...]:
    """By four weeks, to four weeks ahead: posts are scheduled, and scheduled anew, before they are sent."""
    begin = max(window.start, datetime.fromisoformat(FIRST_DAY).replace(tzinfo=UTC))
    return tuple(_weeks(begin, window.end + FOUR_WEEKS))


def _weeks(begin: datetime, end: datetime) -> Iterator[Request]:
    while begin < end:
        until = min(begin + FOUR_WEEKS, end)
        yield Request(MESSAGES, params={"startTime": _iso(begin), "endTime": _iso(until), "limit": str(PAGE_SIZE)})
        begin = until


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_messages(answer: Answer) -> Page:
    """The end is a cursor that is null, or none at all under a page that is not full."""
    body, request = answer.decoded(Listed), answer.request
    _require_some(body, "scheduledSendTime", partial(_is_within, request), request)
    records, cursor = len(body.data), (body.metadata or {}).get("cursor")
    if cursor and cursor.get("next"):
        return Page(records, (request.with_params(cursor=cursor["next"]),))
    if not cursor and records >= PAGE_SIZE:
        raise RetriableError(f"hootsuite {request.path}: a full page, and no cursor to go on with or to end with")
    return Page(records)


def _require_some(body: Listed, name: str, is_asked: Callable[[str], bool], request: Request) -> None:
    """Raise RetriableError for a page of which nothing was asked for: it is the answer to another request."""
    found = [each[name] for each in body.data if isinstance(each.get(name), str)]
    if found and not any(map(is_asked, found)):
        raise RetriableError(f"hootsuite {request.path}: {name} {found[0]} and no other on the page was asked for")


def _is_within(request: Request, text: str) -> bool:
    begin, end = (datetime.fromisoformat(request.params[name]) for name in ("startTime", "endTime"))
    try:
        return begin <= datetime.fromisoformat(text) <= end
    except ValueError:
        return False


def ask_analytics(window: Window) -> tuple[Request, ...]:
    """Analytics are asked for by profile, so the profiles are listed first; the answer tells what day it is there."""
    return (Request(PROFILES, context={"start": window.start.isoformat()}),)


def read_post_analytics(answer: Answer) -> Page:
    if answer.request.path != PROFILES:
        return _read_analytics(answer)
    today, start = told_at(answer).date(), datetime.fromisoformat(answer.request.context["start"])
    published, modified = today - timedelta(days=PUBLISHED_DAYS), today - timedelta(days=MODIFIED_DAYS)
    if (start + RESTATED).date() < modified:
        # More has changed than the vendor lists as changed: all posts that there are.
        filters = [_since("reportingPeriod", published)]
    else:
        filters = [
            _since("reportingPeriod", max(start.date(), published)),
            _since("lastModified", max(start.date(), modified)),
        ]
    return _analytics("/v1/analytics/posts", answer, filters)


def read_profile_analytics(answer: Answer) -> Page:
    if answer.request.path != PROFILES:
        return _read_analytics(answer)
    start = datetime.fromisoformat(answer.request.context["start"]).date()
    published = told_at(answer).date() - timedelta(days=PUBLISHED_DAYS)
    return _analytics("/v1/analytics/profiles", answer, [_since("reportingPeriod", max(start, published))])


def _since(field: str, day: date) -> dict[str, Any]:
    return {field: {"timespan": {"since": day.isoformat()}}}


def _analytics(path: str, answer: Answer, filters: list[dict[str, Any]]) -> Page:
    """For each network and up to ten of its profiles, one list per filter."""
    by_network: dict[str, list[str]] = defaultdict(list)
    for profile in sorted(answer.decoded(Listed).data, key=lambda profile: profile["id"]):
        by_network[profile["type"]].append(profile["id"])
    excluded = load_settings().options.get("hootsuite", {}).get("excluded_profiles", [])
    following = [
        Request(
            path,
            "POST",
            params={"datatype": "ORGANIC", "networkId": network, "limit": str(PAGE_SIZE)},
            json={"filters": {"profileId": {"in": some}, **chosen}},
            accepts=REFUSED,
        )
        for network in NETWORKS
        for some in _tens([profile for profile in by_network[network] if profile not in excluded])
        for chosen in filters
    ]
    return Page(0, tuple(following), bodies=NOTHING)


def _tens(profiles: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(profiles), PROFILES_AT_ONCE):
        yield profiles[first : first + PROFILES_AT_ONCE]


def _read_analytics(answer: Answer) -> Page:
    """The vendor ends a list by leaving ``next`` out of its metadata."""
    request = answer.request
    assert request.json is not None
    if answer.status in REFUSED:
        raise refusal(answer, _is_outdated(request.json["filters"], told_at(answer).date()))
    body = answer.decoded(Listed)
    assert body.metadata is not None
    _require_some(body, "profileId", request.json["filters"]["profileId"]["in"].__contains__, request)
    following = body.metadata["collectionInfo"].get("next")
    return Page(len(body.data), (request.with_params(cursor=following["cursor"]),) if following else ())


def _is_outdated(filters: dict[str, Any], today: date) -> bool:
    """Whether one of the filters begins further back than it would if it were made today."""
    reach = {"lastModified": MODIFIED_DAYS, "reportingPeriod": PUBLISHED_DAYS}
    begins = {name: date.fromisoformat(filters[name]["timespan"]["since"]) for name in reach if name in filters}
    return any(begin < today - timedelta(days=reach[name]) for name, begin in begins.items())
