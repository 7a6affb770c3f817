"""A company's support incidents (ServiceNow audit log) as Zendesk tickets, ticket events and users.

One ticket event per audit row; one ticket version per audit row, save that of rows in the same minute, the log's
resolution, the last stands for all. Rows are taken in the order of sys_mod_count. In five incidents the times run
against that order: ``updated_at`` keeps the log's time, the version comes at the latest time so far.
resolved_at and closed_at stand on every row of the log; a version shows them only from their time on.
The first row in a state other than New stands for the first public agent reply, dated as the log has it.
made_sla, which the log keeps without a target, is the clock of resolution: its target is applied at the opening, it is
breached at the first row that says so, if the last one still does, and it is fulfilled at the last. reassignment_count,
which counts changes of group or analyst, is one less than the metric set's assignee_stations.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from sandbox.adapters import Adapter, rows
from sandbox.records import zendesk
from sandbox.records.writer import DatasetWriter
from sandbox.records.zendesk import Record

FILE = "incident_event_log.csv.gz"
UNKNOWN = "?"
POLICY = {"id": 1, "title": "made_sla", "description": "As the log says; it does not tell the target."}
STATUS = {"New": "new", "-100": "new", "Active": "open", "Resolved": "solved", "Closed": "closed"}
PRIORITY = {"1": "urgent", "2": "high", "3": "normal", "4": "low"}
CHANNEL = {
    "Phone": "voice",
    "Email": "email",
    "Self service": "web",
    "IVR": "voice",
    "Direct opening": "web",
}
# The log numbers each kind of person from 1; the kinds get disjoint ranges of user ids.
PEOPLE = {"Caller": 1_000_000, "Resolved by": 2_000_000, "Resolver": 3_000_000, "Updated by": 4_000_000}


@dataclass(frozen=True)
class Step:
    """One audit row: its place in the incident, its own time, and the time from which it is visible."""

    position: int
    row: dict[str, str]
    updated: datetime
    visible: datetime


def convert(folder: Path, out: DatasetWriter) -> None:
    """Write every incident; the log lists the rows of an incident together."""
    known: set[int] = set()
    for number, group in groupby(rows(folder / FILE), key=lambda row: row["number"]):
        steps = _steps(list(group))
        _people(steps, known, out)
        _clock(_ticket_id(number), steps, out)
        replied = next((step.position for step in steps if _status(step.row) != "new"), None)
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            before = steps[step.position - 1].row if step.position else None
            event = _event(number, step, before, step.position == replied)
            out.version("zendesk/ticket_events", step.updated, event)
            if following is None or following.visible > step.visible:
                record = _ticket(number, step, steps[: step.position + 1], replied)
                out.version("zendesk/tickets", step.visible, record)


def _steps(group: list[dict[str, str]]) -> list[Step]:
    group.sort(key=lambda row: int(row["sys_mod_count"]))
    steps: list[Step] = []
    for position, row in enumerate(group):
        updated = _time(row["sys_updated_at"])
        visible = max(updated, steps[-1].visible) if steps else updated
        steps.append(Step(position, row, updated, visible))
    return steps


def _clock(ticket_id: int, steps: list[Step], out: DatasetWriter) -> None:
    """The service level as the helpdesk's own clock tells it."""
    opened, last = _time(steps[0].row["opened_at"]), steps[-1]
    target = {"target": None, "target_in_seconds": None, "business_hours": None, "policy": POLICY}
    told: list[tuple[str, datetime, Record]] = [("activate", opened, {}), ("apply_sla", opened, {"sla": target})]
    if last.row["made_sla"] == "false":
        first = next(step for step in steps if step.row["made_sla"] == "false")
        told.append(("breach", first.updated, {"deleted": False}))
    told.append(("fulfill", last.updated, {}))
    for number, (kind, at, more) in enumerate(told):
        event = zendesk.metric_event(ticket_id * 10 + number, ticket_id, "resolution_time", kind, at, **more)
        out.version("zendesk/ticket_metric_events", at, event)


def _ticket(number: str, step: Step, so_far: list[Step], replied: int | None) -> Record:
    row = step.row
    return zendesk.ticket(
        id=_ticket_id(number),
        external_id=number,
        created_at=_time(row["opened_at"]),
        updated_at=step.updated,
        generated_at=step.visible,
        status=_status(row),
        channel=CHANNEL[row["contact_type"]],
        requester_id=_person(row["caller_id"]),
        submitter_id=_person(row["caller_id"]),
        assignee_id=_person(row["assigned_to"]),
        group_id=None if row["assignment_group"] == UNKNOWN else int(row["assignment_group"].split()[-1]),
        priority=PRIORITY[row["priority"][0]],
        type="incident",
        subject=f"{number}: {row['category']}, {row['subcategory']}",
        description=row["u_symptom"],
        tags=["uci_incidents", "sla_met" if row["made_sla"] == "true" else "sla_missed"],
        metric_set=_metric_set(step, so_far, replied),
    )


def _metric_set(step: Step, so_far: list[Step], replied: int | None) -> Record:
    opened = _time(step.row["opened_at"])
    resolved = None if step.row["resolved_at"] == UNKNOWN else _time(step.row["resolved_at"])
    solved = resolved if resolved is not None and resolved <= step.visible else None
    assigned = next((one.updated for one in so_far if one.row["assigned_to"] != UNKNOWN), None)
    reply = so_far[replied].updated if replied is not None and replied <= step.position else None
    resolution = zendesk.minutes(_minutes(opened, solved), None)
    return {
        "reopens": int(step.row["reopen_count"]),
        "replies": 0 if reply is None else 1,
        "assignee_stations": int(step.row["reassignment_count"]) + 1,
        "initially_assigned_at": zendesk.when(assigned),
        "solved_at": zendesk.when(solved),
        "reply_time_in_minutes": zendesk.minutes(_minutes(opened, reply), None),
        # The log knows one resolution time per incident, the last.
        "first_resolution_time_in_minutes": zendesk.minutes(None, None),
        "full_resolution_time_in_minutes": resolution,
        "requester_wait_time_in_minutes": zendesk.minutes(None, None),
    }


def _event(number: str, step: Step, before: dict[str, str] | None, is_reply: bool) -> Record:
    event_id = _ticket_id(number) * 1000 + step.position
    children = list(_changes(event_id * 10, step.row, before))
    if is_reply:
        author = _agent(step.row)
        children.append(zendesk.comment(event_id * 10 + 9, author, f"First reply to {number}"))
    return zendesk.ticket_event(
        event_id, _ticket_id(number), step.updated, _person(step.row["sys_updated_by"]), children
    )


def _changes(first_id: int, row: dict[str, str], before: dict[str, str] | None) -> Iterator[Record]:
    now = _visible_fields(row)
    if before is None:
        for position, (name, value) in enumerate(now.items()):
            yield zendesk.creation(first_id + position, name, value)
        return
    for position, (name, previous) in enumerate(_visible_fields(before).items()):
        if now[name] != previous:
            yield zendesk.change(first_id + position, name, now[name], previous)


def _visible_fields(row: dict[str, str]) -> dict[str, str | int | None]:
    return {
        "status": _status(row),
        "priority": PRIORITY[row["priority"][0]],
        "assignee_id": _person(row["assigned_to"]),
    }


def _people(steps: list[Step], known: set[int], out: DatasetWriter) -> None:
    """Write a user at the first row that names it: callers as end-users, everyone else as agents."""
    for step in steps:
        for column in ("caller_id", "assigned_to", "resolved_by", "sys_updated_by"):
            name = step.row[column]
            user_id = _person(name)
            if user_id is None or user_id in known:
                continue
            known.add(user_id)
            role = "end-user" if column == "caller_id" else "agent"
            at = step.visible
            user = zendesk.user(id=user_id, created_at=at, updated_at=at, role=role, name=name)
            out.version("zendesk/users", at, user)


def _agent(row: dict[str, str]) -> int:
    """Who replied: the agent assigned, else the one who resolved it, else the one who made the update."""
    names = (row["assigned_to"], row["resolved_by"], row["sys_updated_by"])
    return next(person for person in map(_person, names) if person is not None)


def _person(name: str) -> int | None:
    if name == UNKNOWN:
        return None
    kind, _, number = name.rpartition(" ")
    return PEOPLE[kind.strip()] + int(number)


def _status(row: dict[str, str]) -> str:
    state = row["incident_state"]
    return "pending" if state.startswith("Awaiting") else STATUS[state]


def _ticket_id(number: str) -> int:
    return int(number.removeprefix("INC"))


def _minutes(start: datetime, end: datetime | None) -> int | None:
    return None if end is None else int((end - start).total_seconds() // 60)


@lru_cache(maxsize=65536)
def _time(text: str) -> datetime:
    """The log's d/m/yyyy hh:mm, taken as UTC."""
    day, clock = text.split()
    (date, month, year), (hour, minute) = map(int, day.split("/")), map(int, clock.split(":"))
    return datetime(year, month, date, hour, minute, tzinfo=UTC)


ADAPTER = Adapter(
    name="uci_incidents",
    licence="CC BY 4.0 (Amaral, Fantinato, Peres 2018)",
    marker=FILE,
    convert=convert,
    metrics=(
        {
            "source": "zendesk",
            "form": "*",
            "field": "satisfaction_rating",
            "metric": "csat",
            "scale": [0, 1],
            "direction": "high_is_good",
        },
    ),
)
