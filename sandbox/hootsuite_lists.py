"""Hootsuite's lists: profiles, outbound messages by cursor within four weeks, analytics by profile and period.

Asked for something that is not there among things that are, it answers with both: data, and errors that name it.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from starlette.datastructures import QueryParams

from sandbox.dataset import Record, StreamSpec, Version, World

FOUR_WEEKS = timedelta(weeks=4)
STATES = ("SCHEDULED", "SUBMITTED", "PENDING_APPROVAL", "SENT", "SEND_FAILED_PERMANENTLY", "REJECTED")
NETWORKS = (
    *("FACEBOOKPAGE", "TWITTER", "INSTAGRAMBUSINESS", "TIKTOKBUSINESS", "YOUTUBECHANNEL", "PINTEREST", "THREADS"),
)
LARGEST_PAGE, MESSAGES_PAGE, ANALYTICS_PAGE = 100, 50, 10
MOST_PROFILES = 10
# How many days back the filters of analytics reach.
REACH = {"lastModified": 30, "reportingPeriod": 730}


# Where a row stands in its list: its time as a number, then its id.
Place = tuple[int, str]
Order = Callable[[Version], tuple[Any, str]]


class ProfileKeys(msgspec.Struct, gc=False):
    id: str
    type: str


class MessageKeys(msgspec.Struct, rename="camel", gc=False):
    id: str
    state: str
    scheduled_send_time: datetime
    social_profile: dict[str, str]


class PostKeys(msgspec.Struct, rename="camel", gc=False):
    id: str
    profile_id: str
    created_at: datetime


class DayKeys(msgspec.Struct, rename="camel", gc=False):
    id: str
    profile_id: str
    date: date


STREAMS = (
    StreamSpec("hootsuite/social_profiles", ProfileKeys),
    StreamSpec("hootsuite/messages", MessageKeys),
    StreamSpec("hootsuite/post_analytics", PostKeys),
    StreamSpec("hootsuite/profile_analytics", DayKeys),
)


class Refused(Exception):
    """What the vendor refuses: by a number of its own, or as a problem (analytics)."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


def by_id(version: Version) -> tuple[str]:
    return (version.keys.id,)


def by_send_time(version: Version) -> tuple[datetime, str]:
    return (version.keys.scheduled_send_time, version.keys.id)


def by_creation(version: Version) -> tuple[datetime, str]:
    return (version.keys.created_at, version.keys.id)


def by_date(version: Version) -> tuple[date, str]:
    return (version.keys.date, version.keys.id)


def list_profiles(world: World) -> Record:
    return {"data": [row.raw for row in world.stream("hootsuite/social_profiles").rows(world.clock.unix, by_id)]}


def list_messages(params: QueryParams, world: World) -> Record:
    """A page of the messages scheduled in the asked time, both ends included."""
    begin, end = _moment(params.get("startTime"), "startTime"), _moment(params.get("endTime"), "endTime")
    if end < begin or end - begin > FOUR_WEEKS:
        raise Refused("Specified date range is too large", 40020)
    state = params.get("state")
    if state and state not in STATES:
        raise Refused("Message state filter not supported", 40019)
    if params.get("includeUnscheduledReviewMsgs", "false") not in ("true", "false"):
        raise Refused("Invalid boolean for includeUnscheduledReviewMsgs flag", 40022)
    asked = params.getlist("socialProfileIds")
    rows = [
        row
        for row in world.stream("hootsuite/messages").rows(world.clock.unix, by_send_time)
        if begin <= row.keys.scheduled_send_time <= end
        and (not state or row.keys.state == state)
        and (not asked or row.keys.social_profile["id"] in asked)
    ]
    page, *ends = _page(rows, params, MESSAGES_PAGE, by_send_time, _position(params.get("cursor")))
    following, previous = (f"{place[0]}:{place[1]}:0" if place else None for place in ends)
    body = {"data": [row.raw for row in page], "metadata": {"cursor": {"next": following, "previous": previous}}}
    return body | _errors(_unknown(asked, world))


def _moment(text: str | None, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        raise Refused(f"{name} is required as an ISO-8601 time", 4000) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _page(
    rows: list[Version], params: QueryParams, usual: int, order: Order, begin: Place | None
) -> tuple[list[Version], Place | None, Place | None]:
    """The page from that place on, where the next page begins, and where the one before did."""
    limit = params.get("limit", str(usual))
    if not limit.isdigit() or not 1 <= int(limit) <= LARGEST_PAGE:
        raise Refused(f"limit must be from 1 to {LARGEST_PAGE}", 4000)
    places, size = [_place(order(row)) for row in rows], int(limit)
    # The row that a cursor names may have gone since: the page begins with what follows it.
    first = sum(place < begin for place in places) if begin else 0
    after, before = first + size, max(0, first - size)
    return rows[first:after], places[after] if after < len(rows) else None, places[before] if first else None


def _place(found: tuple[Any, str]) -> Place:
    moment, key = found
    return (int(moment.timestamp() * 1000) if isinstance(moment, datetime) else moment.toordinal(), key)


def _position(cursor: str | None) -> Place | None:
    """The place that a cursor names: a number, an id, and the direction."""
    if cursor is None:
        return None
    number, _, rest = cursor.partition(":")
    key, _, direction = rest.rpartition(":")
    if not number.isdigit() or not key or direction != "0":
        raise Refused("Invalid cursor format", 3020)
    return int(number), key


def list_analytics(name: str, params: QueryParams, body: bytes, world: World) -> Record:
    """A page of posts or of days of profiles: ``lastModified`` and ``reportingPeriod`` choose, if they are given."""
    if params.get("datatype", "ORGANIC") != "ORGANIC" or params.get("networkId") not in NETWORKS:
        raise Refused("datatype and networkId must be known ones")
    filters = _filters(body)
    asked = _asked_profiles(filters.get("profileId"))
    periods = {field: _period(field, filters[field], world) for field in REACH if field in filters}
    order = by_creation if name == "posts" else by_date
    stream = world.stream("hootsuite/post_analytics" if name == "posts" else "hootsuite/profile_analytics")
    there = _of_network(params["networkId"], world)
    rows = [
        row
        for row in stream.rows(world.clock.unix, order)
        if row.keys.profile_id in asked and row.keys.profile_id in there and _is_chosen(row, order(row)[0], periods)
    ]
    page, *ends = _page(rows, params, ANALYTICS_PAGE, order, _position(_opened(params.get("cursor"))))
    info = {key: {"cursor": _packed(place)} for key, place in zip(("next", "prev"), ends, strict=True) if place}
    found = {"data": [_shown(row) for row in page], "metadata": {"collectionInfo": info}}
    return found | _errors([profile for profile in asked if profile not in there])


def _filters(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, dict[str, Any]])["filters"]
    except (msgspec.DecodeError, KeyError) as error:
        raise Refused(f"filters are required: {error}") from None


def _asked_profiles(chosen: Any) -> list[str]:
    asked = [chosen["eq"]] if isinstance(chosen, dict) and "eq" in chosen else (chosen or {}).get("in", [])
    if not 1 <= len(asked) <= MOST_PROFILES:
        raise Refused(f"profileId needs 1 to {MOST_PROFILES} profiles")
    return asked


def _period(field: str, chosen: Any, world: World) -> tuple[date, date]:
    """Both dates, the last one included. Raises Refused for a start that lies too far back."""
    timespan, today = chosen.get("timespan") or {}, world.clock.now.date()
    if not timespan:
        raise Refused(f"{field} needs since or until")
    try:
        since = date.fromisoformat(timespan.get("since", str(today - timedelta(days=REACH[field]))))
        until = date.fromisoformat(timespan.get("until", str(today)))
    except ValueError:
        raise Refused(f"{field} takes dates") from None
    if since < today - timedelta(days=REACH[field]):
        raise Refused(f"{field} may start at most {REACH[field]} days in the past")
    return since, until


def _is_chosen(row: Version, moment: date | datetime, periods: dict[str, tuple[date, date]]) -> bool:
    reported = moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment
    modified = datetime.fromtimestamp(row.at, UTC).date()
    when = {"lastModified": modified, "reportingPeriod": reported}
    return all(since <= when[field] <= until for field, (since, until) in periods.items())


def _packed(place: Place) -> str:
    return base64.urlsafe_b64encode(f"{place[0]}:{place[1]}:0".encode()).decode()


def _opened(cursor: str | None) -> str | None:
    try:
        return base64.urlsafe_b64decode(cursor).decode() if cursor is not None else None
    except (binascii.Error, UnicodeDecodeError):
        raise Refused("the cursor is none", 3020) from None


def _shown(row: Version) -> Record:
    """Without the id by which the dataset knows the row: the vendor has none."""
    return {key: value for key, value in row.decode().items() if key != "id"}


def _of_network(network: str, world: World) -> set[str]:
    live = world.stream("hootsuite/social_profiles").live(world.clock.unix)
    return {str(key) for key, row in live.items() if row.keys.type == network}


def _unknown(asked: list[str], world: World) -> list[str]:
    live = world.stream("hootsuite/social_profiles").live(world.clock.unix)
    return [profile for profile in asked if profile not in live]


def _errors(profiles: list[str]) -> Record:
    errors = [
        {
            "code": 4008,
            "message": "Insufficient permissions to view team social profile",
            "id": f"sandbox-{profile}",
            "resource": {"type": "socialProfile", "id": profile},
        }
        for profile in profiles
    ]
    return {"errors": errors} if errors else {}
