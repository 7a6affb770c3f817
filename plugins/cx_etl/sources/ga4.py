"""Google Analytics 4 by the Data API: sessions, engagement, key events and users, by date and channel or device.

Needs: the property's id, and a service account with the role Viewer at the property (scope analytics.readonly).
Dates are the property's own, in its time zone, and settle for days: the last ones are read again each night.

Limits: tokens, 200,000 a day and 40,000 an hour per property, 14,000 an hour per project; most reports cost under 10.
Cannot see: rows hidden by thresholding, what went into an "(other)" row, single users; each row says which apply.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec

from cx_etl.auth import bearer
from cx_etl.connections import Connection
from cx_etl.errors import ConfigError, DataError, RestartError, RetriableError
from cx_etl.sources.base import Answer, Budget, Page, Probe, Quota, Request, Source, Stream, Table, Window
from cx_etl.sources.ga4_login import ServiceAccount
from cx_etl.sources.ga4_reports import ChannelConversion, ChannelDay, DeviceDay, Report, records

PROPERTY = "/v1beta/properties/{property_id}"
PAGE_SIZE = 100_000
# The API has no data before this date and refuses to be asked for it.
EARLIEST = date(2015, 8, 14)
# The earliest zone is that far behind UTC: an instant belongs to this date in every zone, or to a later one.
FURTHEST_WEST = timedelta(hours=12)
KEY_EVENTS = {"filter": {"fieldName": "isKeyEvent", "stringFilter": {"matchType": "EXACT", "value": "true"}}}
CHANNEL, DEVICE = "sessionDefaultChannelGroup", "deviceCategory"
COUNTS = ("sessions", "engagedSessions", "keyEvents", "activeUsers", "totalUsers", "newUsers", "screenPageViews")
DAILY, HOURLY = "tokensPerDay", "tokensPerHour"
TOKENS = {DAILY: 200_000, HOURLY: 40_000, "tokensPerProjectPerHour": 14_000}
# Daily quotas start anew at midnight there.
QUOTA_ZONE = ZoneInfo("America/Los_Angeles")


def _login(connection: Connection) -> httpx.Auth:
    """By the key file's content, as Airflow's Google connection holds it, or by a token from elsewhere."""
    key = connection.extra.get("keyfile_dict")
    if key:
        return ServiceAccount(key)
    if not connection.password:
        raise ConfigError(
            f"the connection {connection.id} has neither a keyfile_dict in its extra nor a password",
            "put the service account's key file into the extra as keyfile_dict, or an access token as password",
        )
    return bearer(connection.password)


def _body(dimension: str, metrics: tuple[str, ...], only: dict[str, Any] | None) -> dict[str, Any]:
    """The report, ordered so that its pages join. Dates that are not there yet need no upper end: today is the last."""
    dimensions = ("date", dimension)
    return {
        "dimensions": [{"name": name} for name in dimensions],
        "metrics": [{"name": name} for name in metrics],
        "orderBys": [{"dimension": {"dimensionName": name}} for name in dimensions],
        "returnPropertyQuota": True,
        **({"dimensionFilter": only} if only else {}),
    }


def _report(
    dimension: str, metrics: tuple[str, ...] = COUNTS, only: dict[str, Any] | None = None
) -> Callable[[Window], tuple[Request, ...]]:
    """From the date of the window's start in whichever zone, to the property's today: what is there, is read."""

    def start(window: Window) -> tuple[Request, ...]:
        first = EARLIEST
        if window.start.date() > EARLIEST:
            first = max(EARLIEST, (window.start - FURTHEST_WEST).date())
        body = _body(dimension, metrics, only) | {
            "dateRanges": [{"startDate": first.isoformat(), "endDate": "today"}],
            "limit": str(PAGE_SIZE),
            "offset": "0",
        }
        return (Request(f"{PROPERTY}:runReport", "POST", json=body),)

    return start


def _read(answer: Answer) -> Page:
    """Pages by offset until the vendor's own count is reached; a count that moves is a report that has changed."""
    report, request = answer.decoded(Report), answer.request
    assert request.json is not None
    offset, rows = int(request.json["offset"]), len(report.rows)
    if rows and not report.row_count:
        raise RetriableError(f"ga4: {rows} rows from {offset} on, and no rowCount")
    if offset and report.row_count != int(request.context["rows"]):
        raise RestartError(
            f"ga4: the report had {request.context['rows']} rows, and has {report.row_count} at {offset}",
            "run the night again",
        )
    total = None if offset else report.row_count
    if offset + rows >= report.row_count:
        return Page(rows, (), total, note=_empty(report))
    if not rows:
        raise RetriableError(f"ga4: no rows from {offset} on, though the report has {report.row_count}")
    following = request.but(
        json={**request.json, "offset": str(offset + rows)}, context={"rows": str(report.row_count)}
    )
    return Page(rows, (following,), total)


def _empty(report: Report) -> str:
    return f"the report is empty: {report.metadata.empty_reason}" if report.metadata.empty_reason else ""


def _quota(answer: Answer) -> Quota | None:
    """The scarcest of the token quotas; of a refusal, the one that it names."""
    try:
        body = answer.decoded(dict[str, Any])
    except msgspec.DecodeError:
        return None
    if answer.status == 429:
        return _exhausted(answer, body.get("error"))
    found = {name: status for name, status in (body.get("propertyQuota") or {}).items() if name in TOKENS}
    if not found:
        return None
    name = min(found, key=lambda each: found[each].get("remaining", 0))
    left = found[name].get("remaining", 0)
    # A property of Analytics 360 has ten times as many.
    return Quota(left, max(TOKENS[name], left), found[name].get("consumed", 0), _resets_seconds(answer, name))


def _exhausted(answer: Answer, error: Any) -> Quota | None:
    """Tokens come back with the hour or the day. Too many requests at once are over in a moment: no quota."""
    message = error.get("message", "") if isinstance(error, dict) else ""
    for words, name in (("per day", DAILY), ("per hour", HOURLY), ("thresholded requests", HOURLY)):
        if words in message:
            return Quota(0, TOKENS[name], 0, _resets_seconds(answer, name))
    return None


def _resets_seconds(answer: Answer, name: str) -> float:
    """Until the next full hour, or the midnight of the vendor's day, by the vendor's clock."""
    from cx_etl.http import observed_at

    now = observed_at(answer)
    if name == DAILY:
        tomorrow = now.astimezone(QUOTA_ZONE).date() + timedelta(days=1)
        again = datetime.combine(tomorrow, time.min, QUOTA_ZONE).astimezone(UTC)
    else:
        again = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return (again - now).total_seconds()


def _judge_fields(answer: Answer) -> str:
    """Whether the property offers what the reports ask for."""
    body = answer.decoded()
    offered = {each["apiName"] for kind in ("dimensions", "metrics") for each in body.get(kind, [])}
    missing = sorted({"date", CHANNEL, DEVICE, "isKeyEvent", *COUNTS} - offered)
    if missing:
        raise DataError(f"the property offers no {', '.join(missing)}", "compare with the Data API's changelog")
    return f"{body['name'].removesuffix('/metadata')} offers all fields"


def _judge_conversions(answer: Answer) -> str:
    """Whether this property lets sessions be counted by key event; the answer speaks of all other fields too."""
    body = answer.decoded()
    clashing = [
        each[f"{kind}Metadata"]["apiName"]
        for kind in ("dimension", "metric")
        for each in body.get(f"{kind}Compatibilities", [])
        if each["compatibility"] == "INCOMPATIBLE"
    ]
    wrong = sorted({"date", CHANNEL, "isKeyEvent", "sessions"} & set(clashing))
    if wrong:
        raise DataError(f"{', '.join(wrong)} may not be asked together", "the stream channel_conversions will fail")
    return "sessions can be counted by key event"


def _judge_quota(answer: Answer) -> str:
    quota = _quota(answer)
    if quota is None:
        raise DataError("the answer has no propertyQuota", "compare with the Data API's changelog")
    return f"{quota.left:,.0f} of {quota.limit:,.0f} tokens, anew in {quota.resets_seconds / 3600:.1f} hours"


def _days(name: str, contract: type[msgspec.Struct], dimension: str, **asked: Any) -> Stream:
    """A stream of sums by date and one more dimension, of which the last days are read again and replaced."""
    return Stream(
        name=name,
        tables=(Table(f"ga4__{name}", contract, ("date", dimension)),),
        start=_report(dimension, **asked),
        read=_read,
        split=records,
        overlap=timedelta(days=4),
        found_by="date",
        absent_is_deleted=True,
    )


_CONVERSIONS = _body(CHANNEL, ("sessions",), KEY_EVENTS)
PROBES = (
    Probe("fields", Request(f"{PROPERTY}/metadata"), _judge_fields),
    Probe(
        "conversions",
        Request(
            f"{PROPERTY}:checkCompatibility",
            "POST",
            json={key: _CONVERSIONS[key] for key in ("dimensions", "metrics", "dimensionFilter")},
        ),
        _judge_conversions,
    ),
    Probe(
        "tokens",
        Request(
            f"{PROPERTY}:runReport",
            "POST",
            json=_CONVERSIONS | {"dateRanges": [{"startDate": "yesterday", "endDate": "yesterday"}], "limit": "1"},
        ),
        _judge_quota,
    ),
)
SOURCE = Source(
    name="ga4",
    auth=_login,
    quota=_quota,
    budgets=(
        Budget("reports of 10 tokens per project", TOKENS["tokensPerProjectPerHour"] // 10, 3600),
        Budget("reports of 10 tokens per property", TOKENS[DAILY] // 10, 86_400),
    ),
    probes=PROBES,
    needs=("host", "property_id"),
    streams=(
        _days("channel_days", ChannelDay, CHANNEL),
        # A session counts once, whatever it did after its first key event: the rate's numerator, which is no metric.
        _days("channel_conversions", ChannelConversion, CHANNEL, metrics=("sessions",), only=KEY_EVENTS),
        _days("device_days", DeviceDay, DEVICE),
    ),
)
