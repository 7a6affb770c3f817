"""Zendesk's records: what is indexed, how each export is ordered, how deletions and missing sideloads look."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from sandbox.dataset import Order, Record, StreamSpec, Version, World, iso_of

WITHHELD_SECONDS = 60


class Keys(msgspec.Struct, gc=False):
    """The fields that order the exports; each stream has its own subset."""

    id: int
    status: str | None = None
    updated_at: datetime | None = None
    created_at: datetime | None = None
    generated_timestamp: int | None = None
    timestamp: int | None = None
    score: str | None = None
    comment: str | None = None


def deleted_ticket(record: Record, at: datetime) -> Record:
    """A deleted ticket stays in the export under the status ``deleted``, without its metrics."""
    kept = {key: value for key, value in record.items() if key != "metric_set"}
    moved = {"status": "deleted", "updated_at": iso_of(at), "generated_timestamp": int(at.timestamp())}
    return kept | moved


def deleted_user(record: Record, at: datetime) -> Record:
    """A deleted user stays as an inactive one without an address."""
    return record | {"active": False, "email": None, "updated_at": iso_of(at)}


def ticket_order(version: Version) -> tuple[int, int]:
    keys = version.keys
    return (int(version.at) if keys.generated_timestamp is None else keys.generated_timestamp, keys.id)


def event_order(version: Version) -> tuple[int, int]:
    keys = version.keys
    return (seconds(keys.created_at, version.at) if keys.timestamp is None else keys.timestamp, keys.id)


def updated_order(version: Version) -> tuple[int, int]:
    return (seconds(version.keys.updated_at, version.at), version.keys.id)


def seconds(instant: datetime | None, otherwise: float) -> int:
    return int(otherwise if instant is None else instant.timestamp())


@dataclass(frozen=True)
class Export:
    """A stream, the key of its rows in an answer, and its order."""

    stream: str
    rows: str
    order: Order
    by_cursor: bool = False


EXPORTS = {
    "incremental/tickets/cursor": Export("zendesk/tickets", "tickets", ticket_order, by_cursor=True),
    "incremental/users/cursor": Export("zendesk/users", "users", updated_order, by_cursor=True),
    "incremental/ticket_events": Export("zendesk/ticket_events", "ticket_events", event_order),
    "incremental/organizations": Export("zendesk/organizations", "organizations", updated_order),
}
LISTS = {
    "satisfaction_ratings": Export("zendesk/satisfaction_ratings", "satisfaction_ratings", updated_order),
    "groups": Export("zendesk/groups", "groups", updated_order),
}
TOMBSTONES = {"zendesk/tickets": deleted_ticket, "zendesk/users": deleted_user}
STREAMS = tuple(
    StreamSpec(export.stream, Keys, TOMBSTONES.get(export.stream)) for export in (*EXPORTS.values(), *LISTS.values())
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
    return version.raw


def without_comment(child: Record) -> Record:
    """A child event that only says that there was a comment and whether it was public."""
    if child.get("event_type") != "Comment":
        return child
    kept = {key: child[key] for key in ("id", "via", "via_reference_id", "event_type") if key in child}
    return kept | {"comment_present": True, "comment_public": bool(child.get("public"))}


def exportable(export: Export, world: World) -> list[Version]:
    """The rows of an export in its order, without those that changed in the last minute."""
    now, stream = world.clock.unix, world.stream(export.stream)
    limit = now - WITHHELD_SECONDS

    def make(at: float) -> list[Version]:
        rows = stream.rows(at, export.order)
        return rows[: first_after(rows, export.order, (int(limit) + 1, 0))]

    return stream.cached(now, "exportable", make)


def first_after(rows: list[Version], order: Order, position: tuple[int, int]) -> int:
    """Index of the first row behind the position. A start time is the position just before its second's first id."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        if order(rows[middle]) <= position:
            low = middle + 1
        else:
            high = middle
    return low
