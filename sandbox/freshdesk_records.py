"""Freshdesk's records: what is indexed, which lists hold them in which order, and what a list shows of them.

A dataset's tickets carry their statistics, requester and description; a list shows them when they are asked for. A
contact with ``blocked`` set is a blocked one; no list shows that field.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sandbox.dataset import Record, StreamSpec, Version, World

DEFAULT_DAYS = 30
# Nothing says whether `updated_since` counts its own second: a walk must be right either way.
SINCE_IS_INCLUSIVE = True
INCLUDES = {"stats": ("stats",), "requester": ("requester",), "description": ("description", "description_text")}


class Keys(msgspec.Struct, gc=False):
    """The fields that lists filter and order by; each stream has its own subset."""

    id: int
    created_at: datetime
    updated_at: datetime
    status: int = 0
    due_by: datetime | None = None
    ticket_id: int | None = None
    deleted: bool = False
    spam: bool = False
    blocked: bool = False
    active: bool = False


NAMES = (
    *("tickets", "conversations", "satisfaction_ratings", "surveys"),
    *("contacts", "agents", "groups", "companies"),
)
STREAMS = tuple(StreamSpec(f"freshdesk/{name}", Keys) for name in NAMES)


class Invalid(Exception):
    """A parameter that the vendor refuses with 400."""

    def __init__(self, field: str, message: str, code: str = "invalid_value") -> None:
        super().__init__(message)
        self.body = {
            "description": "Validation failed",
            "errors": [{"field": field, "message": message, "code": code}],
        }


Choose = Callable[[Mapping[str, str], World], list[Version]]


@dataclass(frozen=True)
class Listing:
    """What a path lists: the parameters it knows besides the page, and the records that they choose, in order."""

    params: frozenset[str]
    choose: Choose


def by_id(version: Version) -> tuple[int]:
    return (version.keys.id,)


def by_creation(version: Version) -> tuple[datetime, int]:
    return (version.keys.created_at, version.keys.id)


def by_change(version: Version) -> tuple[datetime, int]:
    return (version.keys.updated_at, version.keys.id)


def by_status(version: Version) -> tuple[int, int]:
    return (version.keys.status, version.keys.id)


def by_due_time(version: Version) -> tuple[datetime, int]:
    return (version.keys.due_by or version.keys.created_at, version.keys.id)


ORDERS = {"created_at": by_creation, "updated_at": by_change, "status": by_status, "due_by": by_due_time}
LISTS: dict[str, Callable[[Keys], bool]] = {
    "": lambda keys: not keys.deleted and not keys.spam,
    "deleted": lambda keys: keys.deleted,
    "spam": lambda keys: keys.spam and not keys.deleted,
}
STATES: dict[str, Callable[[Keys], bool]] = {
    "": lambda keys: not keys.deleted and not keys.blocked,
    "deleted": lambda keys: keys.deleted,
    "blocked": lambda keys: keys.blocked and not keys.deleted,
    "verified": lambda keys: keys.active and not keys.deleted and not keys.blocked,
    "unverified": lambda keys: not keys.active and not keys.deleted and not keys.blocked,
}


def tickets(params: Mapping[str, str], world: World) -> list[Version]:
    """Of the ordinary tickets, the deleted ones or the spam: those changed since, or else created in the last days."""
    order = ORDERS.get(params.get("order_by", "created_at"))
    if order is None:
        raise Invalid("order_by", f"It should be one of these values: '{','.join(ORDERS)}'")
    is_listed = LISTS.get(params.get("filter", ""))
    if is_listed is None:
        raise Invalid("filter", "It should be one of these values: 'new_and_my_open,watching,spam,deleted'")
    since = moment(params, "updated_since")
    limit = world.clock.now - timedelta(days=DEFAULT_DAYS)
    is_in_time = (lambda keys: changed_since(keys, since)) if since else (lambda keys: keys.created_at >= limit)
    live = world.stream("freshdesk/tickets").rows(world.clock.unix, order)
    rows = [row for row in live if is_listed(row.keys) and is_in_time(row.keys)]
    return rows if params.get("order_type") == "asc" else rows[::-1]


def changed_since(keys: Keys, since: datetime) -> bool:
    return keys.updated_at >= since if SINCE_IS_INCLUSIVE else keys.updated_at > since


def contacts(params: Mapping[str, str], world: World) -> list[Version]:
    """The contacts in the asked state; by default those that are neither deleted nor blocked."""
    is_listed, since = STATES.get(params.get("state", "")), moment(params, "_updated_since")
    if is_listed is None:
        raise Invalid("state", "It should be one of these values: 'verified,unverified,blocked,deleted'")
    live = world.stream("freshdesk/contacts").rows(world.clock.unix, by_id)
    return [row for row in live if is_listed(row.keys) and (since is None or changed_since(row.keys, since))]


def ratings(params: Mapping[str, str], world: World) -> list[Version]:
    """Newest first, by the time they were given, whatever became of them since."""
    since = moment(params, "created_since")
    live = world.stream("freshdesk/satisfaction_ratings").rows(world.clock.unix, by_creation)
    return [row for row in reversed(live) if since is None or row.keys.created_at >= since]


def all_of(name: str) -> Choose:
    """The whole list, by id."""
    return lambda params, world: world.stream(f"freshdesk/{name}").rows(world.clock.unix, by_id)


def conversations(ticket_id: int, world: World) -> list[Version]:
    """The conversations of a ticket, oldest first."""
    stream = world.stream("freshdesk/conversations")

    def make(at: float) -> dict[int, list[Version]]:
        tickets: dict[int, list[Version]] = {}
        for row in stream.rows(at, by_creation):
            tickets.setdefault(row.keys.ticket_id, []).append(row)
        return tickets

    return stream.cached(world.clock.unix, "by ticket", make).get(ticket_id, [])


LISTINGS = {
    "tickets": Listing(frozenset({"filter", "updated_since", "order_by", "order_type", "include"}), tickets),
    "contacts": Listing(frozenset({"state", "_updated_since"}), contacts),
    "surveys/satisfaction_ratings": Listing(frozenset({"created_since"}), ratings),
    **{name: Listing(frozenset(), all_of(name)) for name in ("surveys", "agents", "groups", "companies")},
}


def moment(params: Mapping[str, str], name: str) -> datetime | None:
    """The time that a parameter names."""
    if name not in params:
        return None
    try:
        return msgspec.convert(params[name], datetime)
    except msgspec.ValidationError as error:
        raise Invalid(name, "It should be in the 'combined date and time ISO8601' format") from error


def shown(path: str, version: Version, include: list[str]) -> Any:
    """A record as the list shows it: tickets without what was not asked for, contacts without the mark of blocking."""
    if path not in ("tickets", "contacts"):
        return version.raw
    record: Record = version.decode()
    hidden = [field for name, fields in INCLUDES.items() if name not in include for field in fields]
    for field in hidden if path == "tickets" else ["blocked"]:
        record.pop(field, None)
    return record
