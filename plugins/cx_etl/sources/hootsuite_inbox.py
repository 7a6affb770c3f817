"""Hootsuite's Inbox 2.0: six aggregates of each business day, which the vendor gives for 14 days and never again."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cx_etl.errors import DataError, RetriableError
from cx_etl.night import parse_range, window_start
from cx_etl.settings import load_settings
from cx_etl.sources.base import NOTHING, Answer, Page, Request, Window
from cx_etl.sources.hootsuite_answers import ME, REFUSED, refusal, told_at
from cx_etl.sources.hootsuite_records import Intervals, Total

REACH = timedelta(days=14)
# So long may a run take before the first day it asks for is out of reach.
MARGIN = timedelta(hours=1)
OVERLAP = timedelta(days=7)
PATH = "/inbox/v1/reporting/metrics/"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Metric:
    """How an aggregate may be divided: into days in one answer, and into teams."""

    name: str
    by_day: bool
    by_team: bool


METRICS = (
    Metric("inbound-message-volume", by_day=True, by_team=False),
    Metric("outbound-message-volume", by_day=True, by_team=False),
    Metric("first-response-time", by_day=True, by_team=True),
    Metric("conversation-response-time", by_day=True, by_team=True),
    Metric("resolved-with-one-reply", by_day=False, by_team=True),
    Metric("handle-time", by_day=False, by_team=False),
)


def ask_inbox(window: Window) -> tuple[Request, ...]:
    """What day it is at the vendor decides how far back may be asked, so its clock is asked first."""
    return (Request(ME, context={"start": window.start.isoformat(), "end": window.end.isoformat()}),)


def read_inbox(answer: Answer) -> Page:
    """One answer after the other: each is compared with the one before it."""
    request = answer.request
    if request.path == ME:
        return _ask_days(answer)
    if answer.status in REFUSED:
        assert request.json is not None
        raise refusal(answer, datetime.fromisoformat(request.json["from"]) < told_at(answer) - REACH)
    told = hashlib.sha256(answer.body).hexdigest()
    if told == request.context["before"]:
        # It does not say what it is of, so it may be the answer before this one; if it comes again, it is not.
        return Page(0, (request.but(context={**request.context, "before": ""}),), bodies=NOTHING)
    records, bodies = _read_total(answer) if "timestamp" in request.context else _read_days(answer)
    return Page(records, _following(request, told), bodies=bodies)


def _read_total(answer: Answer) -> tuple[int, tuple[bytes, ...]]:
    """The answer does not say of which day it is: it lands with the day that was asked for."""
    entry = {"timestamp": answer.request.context["timestamp"], "value": answer.decoded(Total).value}
    return 1, (msgspec.json.encode({"value": [entry]}),)


def _read_days(answer: Answer) -> tuple[int, None]:
    """A day with nothing to count is there, as null. Raises RetriableError for one that is not there."""
    intervals, days = answer.decoded(Intervals).value, int(answer.request.context["days"])
    found = len({str(entry.get("timestamp")) for entry in intervals})
    if found != days:
        raise RetriableError(f"hootsuite {answer.request.path}: {found} days, asked were {days}")
    return len(intervals), None


def _ask_days(answer: Answer) -> Page:
    """The first request for all days that the vendor still gives. Raises DataError when unaccepted days are lost."""
    zone = ZoneInfo(load_settings().time_zone)
    start, end = (datetime.fromisoformat(answer.request.context[name]) for name in ("start", "end"))
    if told_at(answer) < end:
        # By the vendor's clock the night is not over: the run is refused, whatever it would hold.
        return Page(0, bodies=NOTHING)
    first_given = _first_day(told_at(answer) - REACH + MARGIN, zone)
    begin, last = start.astimezone(zone).date(), end.astimezone(zone).date() - timedelta(days=1)
    unread = (start + OVERLAP).astimezone(zone).date()
    note = ""
    if start > NEVER and unread < first_given:
        note = _lost(unread, min(first_given - timedelta(days=1), last))
    first = max(begin, first_given)
    some = _requests(f"{first}..{last}", zone.key)[:1] if first <= last else []
    return Page(0, tuple(some), bodies=NOTHING, note=note)


def _first_day(moment: datetime, zone: ZoneInfo) -> date:
    """The first day that begins at the moment or later."""
    day = moment.astimezone(zone).date()
    return day if window_start(day, zone.key) >= moment else day + timedelta(days=1)


def _between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=day) for day in range((last - first).days + 1)]


def _lost(first: date, last: date) -> str:
    """What to tell of these days if cx.toml accepts that they are lost. Raises DataError if it does not."""
    accepted = load_settings().options.get("hootsuite", {}).get("accepted_inbox_gaps", [])
    missing = set(_between(first, last)) - {day for text in accepted for day in parse_range(text)}
    if missing:
        raise DataError(
            f"hootsuite inbox_metrics: {first}..{last} were not read in time and are lost: the vendor gives the last "
            f"{REACH.days} days only",
            f'to go on without them, [options.hootsuite] in cx.toml needs accepted_inbox_gaps = ["{first}..{last}"]',
        )
    return f"inbox metrics of {first}..{last} are lost, as accepted in cx.toml"


def _following(request: Request, told: str) -> tuple[Request, ...]:
    """The request after this one, which knows what was told to this one."""
    after = int(request.context["number"]) + 1
    some = _requests(request.context["asked"], request.context["zone"])[after : after + 1]
    return tuple(each.but(context={**each.context, "before": told}) for each in some)


def _requests(asked: str, zone: str) -> list[Request]:
    """One for each metric of all days, or for each day of a metric that is not divided into days."""
    days, found = parse_range(asked), []
    for metric in METRICS:
        if metric.by_day:
            more = {"timezone": zone, "groupByInterval": "DAY"}
            found.append(_request(metric, days[0], days[-1], zone, more, days=str(len(days))))
        else:
            found += [_request(metric, day, day, zone, {}, timestamp=_begins(day, zone)) for day in days]
    place = {"asked": asked, "zone": zone, "before": ""}
    return [each.but(context={**each.context, **place, "number": str(n)}) for n, each in enumerate(found)]


def _request(metric: Metric, first: date, last: date, zone: str, more: dict[str, Any], **context: str) -> Request:
    """From the first day's midnight to the one that ends the last day."""
    body = {"from": _begins(first, zone), "to": _begins(last + timedelta(days=1), zone), **more}
    teams = {"groupBy": "TEAM"} if metric.by_team else {}
    context["metric"] = metric.name
    return Request(PATH + metric.name, "POST", json=body | teams, context=context, accepts=REFUSED)


def _begins(day: date, zone: str) -> str:
    return window_start(day, zone).strftime("%Y-%m-%dT%H:%M:%SZ")
