"""Hootsuite's Inbox 2.0: six aggregates of each business day, which the vendor gives for 14 days and never again."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cx_etl.errors import DataError, RetriableError
from cx_etl.night import parse_range, window_start
from cx_etl.settings import load_settings
from cx_etl.sources.base import NOTHING, Answer, Page, Request, Window
from cx_etl.sources.hootsuite_answers import ME
from cx_etl.sources.hootsuite_records import Intervals

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
    if answer.request.path == ME:
        return _ask_days(answer)
    context = answer.request.context
    if "days" not in context:
        # The answer does not say of which day it is: it lands with the day that was asked for.
        entry = {"timestamp": context["timestamp"], "value": answer.decoded()["value"]}
        return Page(1, bodies=(msgspec.json.encode({"value": [entry]}),))
    # A day with nothing to count is there, as null: one that is not there is missing.
    intervals = answer.decoded(Intervals).value
    found = len({str(entry.get("timestamp")) for entry in intervals})
    if found != int(context["days"]):
        raise RetriableError(f"hootsuite {answer.request.path}: {found} days, asked were {context['days']}")
    return Page(len(intervals))


def _ask_days(answer: Answer) -> Page:
    """Requests for all days that the vendor still gives. Raises DataError when days would be lost unaccepted."""
    from cx_etl.http import observed_at

    zone = ZoneInfo(load_settings().time_zone)
    start, end = (datetime.fromisoformat(answer.request.context[name]) for name in ("start", "end"))
    first_given = _first_day(observed_at(answer) - REACH + MARGIN, zone)
    begin, last = start.astimezone(zone).date(), end.astimezone(zone).date() - timedelta(days=1)
    unread = (start + OVERLAP).astimezone(zone).date()
    note = ""
    if start > NEVER and unread < first_given:
        note = _lost(unread, min(first_given - timedelta(days=1), last))
    days = _between(max(begin, first_given), last)
    return Page(0, tuple(_requests(days, zone.key)), bodies=NOTHING, note=note)


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


def _requests(days: list[date], zone: str) -> list[Request]:
    if not days:
        return []
    requests = []
    for metric in METRICS:
        if metric.by_day:
            more = {"timezone": zone, "groupByInterval": "DAY"}
            requests.append(_request(metric, days[0], days[-1], zone, more, days=str(len(days))))
        else:
            requests += [_request(metric, day, day, zone, {}, timestamp=_begins(day, zone)) for day in days]
    return requests


def _request(metric: Metric, first: date, last: date, zone: str, more: dict[str, Any], **context: str) -> Request:
    """From the first day's midnight to the one that ends the last day."""
    body = {"from": _begins(first, zone), "to": _begins(last + timedelta(days=1), zone), **more}
    teams = {"groupBy": "TEAM"} if metric.by_team else {}
    return Request(PATH + metric.name, "POST", json=body | teams, context={"metric": metric.name, **context})


def _begins(day: date, zone: str) -> str:
    return window_start(day, zone).strftime("%Y-%m-%dT%H:%M:%SZ")
