"""Zendesk's records: what is indexed, how each export and list is ordered, how deletions and missing sideloads look."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from sandbox.dataset import Order, Record, StreamSpec, Version, World, iso_of

WITHHELD_SECONDS = 60
ARCHIVED_AFTER_SECONDS = 120 * 24 * 3600


class Keys(msgspec.Struct, gc=False):
    """The fields that order and filter; each stream has its own subset."""

    id: int | str
    status: str | None = None
    updated_at: datetime | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    generated_timestamp: int | None = None
    timestamp: int | None = None
    score: str | None = None
    comment: str | None = None
    deleted: bool | None = None
    schedule_id: str | None = None


class MetricEventKeys(msgspec.Struct, gc=False):
    """A metric event's ``status`` is an object."""

    id: int
    time: datetime


def deleted_ticket(record: Record, at: datetime) -> Record:
    """A deleted ticket stays in the export under the status ``deleted``, without its metrics."""
    kept = {key: value for key, value in record.items() if key != "metric_set"}
    moved = {"status": "deleted", "updated_at": iso_of(at), "generated_timestamp": int(at.timestamp())}
    return kept | moved


def deleted_user(record: Record, at: datetime) -> Record:
    """A deleted user stays as an inactive one without an address."""
    return record | {"active": False, "email": None, "updated_at": iso_of(at)}


def deleted_organization(record: Record, at: datetime) -> Record:
    """A deleted organization stays in the export under another name."""
    name = f"{record['id']}_deleted_{record['name']}"
    return record | {"name": name, "deleted_at": iso_of(at), "updated_at": iso_of(at)}


def deleted_group(record: Record, at: datetime) -> Record:
    return record | {"deleted": True, "updated_at": iso_of(at)}


def ticket_order(version: Version) -> tuple[int, int]:
    keys = version.keys
    return (int(version.at) if keys.generated_timestamp is None else keys.generated_timestamp, keys.id)


def event_order(version: Version) -> tuple[int, int]:
    keys = version.keys
    return (seconds(keys.created_at, version.at) if keys.timestamp is None else keys.timestamp, keys.id)


def metric_event_order(version: Version) -> tuple[int, int]:
    return (seconds(version.keys.time, version.at), version.keys.id)


def updated_order(version: Version) -> tuple[int, int]:
    return (seconds(version.keys.updated_at, version.at), version.keys.id)


def created_order(version: Version) -> tuple[int, int]:
    return (seconds(version.keys.created_at, version.at), version.keys.id)


def id_order(version: Version) -> tuple[int, int | str]:
    return (0, version.keys.id)


def newest_order(version: Version) -> tuple[int, int]:
    """Tickets by the time of their creation, the newest first."""
    return (-seconds(version.keys.created_at, version.at), -version.keys.id)


def seconds(instant: datetime | None, otherwise: float) -> int:
    return int(otherwise if instant is None else instant.timestamp())


@dataclass(frozen=True)
class Export:
    """A stream, the key of its rows in an answer, and its order.

    ``has_pages``: whoever asks for pages of a size gets them, as from a list, instead of the export.
    """

    stream: str
    rows: str
    order: Order
    by_cursor: bool = False
    says_when_over: bool = True
    has_pages: bool = False


TICKETS = "zendesk/tickets"
EXPORTS = {
    "incremental/tickets/cursor": Export(TICKETS, "tickets", ticket_order, by_cursor=True),
    "incremental/users/cursor": Export("zendesk/users", "users", updated_order, by_cursor=True),
    "incremental/ticket_events": Export("zendesk/ticket_events", "ticket_events", event_order),
    "incremental/ticket_metric_events": Export(
        "zendesk/ticket_metric_events",
        "ticket_metric_events",
        metric_event_order,
        says_when_over=False,
        has_pages=True,
    ),
    "incremental/organizations": Export("zendesk/organizations", "organizations", updated_order),
}
# Pages by cursor or by number.
LISTS = {
    "satisfaction_ratings": Export("zendesk/satisfaction_ratings", "satisfaction_ratings", created_order),
    "deleted_tickets": Export("zendesk/deleted_tickets", "deleted_tickets", id_order),
    "ticket_metrics": Export(TICKETS, "ticket_metrics", newest_order),
    "groups": Export("zendesk/groups", "groups", id_order),
    "group_memberships": Export("zendesk/group_memberships", "group_memberships", id_order),
    "ticket_fields": Export("zendesk/ticket_fields", "ticket_fields", id_order),
}
# Not asked for in pages of a size: the first hundred, and the address of the next.
WHOLE_LISTS = {
    "slas/policies": Export("zendesk/sla_policies", "sla_policies", id_order),
    "ticket_forms": Export("zendesk/ticket_forms", "ticket_forms", id_order),
    "business_hours/schedules": Export("zendesk/schedules", "schedules", id_order),
}
HOLIDAYS = Export("zendesk/holidays", "holidays", id_order)
SURVEYS = Export("zendesk/survey_responses", "survey_responses", id_order)
TOMBSTONES = {
    TICKETS: deleted_ticket,
    "zendesk/users": deleted_user,
    "zendesk/organizations": deleted_organization,
    "zendesk/groups": deleted_group,
}
KEYS: dict[str, type[msgspec.Struct]] = {"zendesk/ticket_metric_events": MetricEventKeys}
STREAMS = tuple(
    StreamSpec(stream, KEYS.get(stream, Keys), TOMBSTONES.get(stream))
    for stream in sorted(
        {each.stream for each in (*EXPORTS.values(), *LISTS.values(), *WHOLE_LISTS.values(), HOLIDAYS, SURVEYS)}
    )
)


def shown(path: str, version: Version, include: str) -> Any:
    """A row as it is sent: as stored where that is already right, else changed by what was not asked for."""
    if path == "incremental/tickets/cursor":
        with_metrics = "metric_sets" in include.split(",")
        if with_metrics and version.keys.generated_timestamp is not None and version.keys.status != "deleted":
            return version.raw
        record = version.decode()
        record.setdefault("generated_timestamp", ticket_order(version)[0])
        if not with_metrics or version.keys.status == "deleted":
            record.pop("metric_set", None)
        return record
    if path == "incremental/ticket_events" and "comment_events" not in include.split(","):
        record = version.decode()
        record["child_events"] = [without_comment(child) for child in record.get("child_events") or []]
        return record
    if path == "ticket_metrics":
        return version.decode()["metric_set"]
    return version.raw


def without_comment(child: Record) -> Record:
    """A child event that only says that there was a comment and whether it was public."""
    if child.get("event_type") != "Comment":
        return child
    kept = {key: child[key] for key in ("id", "via", "via_reference_id", "event_type") if key in child}
    return kept | {"comment_present": True, "comment_public": bool(child.get("public"))}


def has_metrics(version: Version, now: float) -> bool:
    """Whether the list of metrics has the ticket: archived tickets, closed for long, are missing from it."""
    keys = version.keys
    is_archived = keys.status == "closed" and seconds(keys.updated_at, version.at) < now - ARCHIVED_AFTER_SECONDS
    return keys.status != "deleted" and not is_archived and "metric_set" in version.decode()


def exportable(export: Export, world: World) -> list[Version]:
    """The rows of an export in its order, without those that changed in the last minute."""
    now, stream = world.clock.unix, world.stream(export.stream)
    limit = now - WITHHELD_SECONDS

    def make(at: float) -> list[Version]:
        rows = stream.rows(at, export.order)
        return rows[: first_after(rows, export.order, (int(limit) + 1, 0))]

    return stream.cached(now, "exportable", make)


def first_after(rows: list[Version], order: Order, position: tuple[Any, ...]) -> int:
    """Index of the first row behind the position. A start time is the position just before its second's first id."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        if order(rows[middle]) <= position:
            low = middle + 1
        else:
            high = middle
    return low
