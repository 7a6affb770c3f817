"""Zendesk Support records as its incremental exports return them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.records.writer import stamp

Record = dict[str, Any]


def when(moment: datetime | None) -> str | None:
    """A nullable time of a record."""
    return None if moment is None else stamp(moment)


def minutes(calendar: int | None, business: int | None) -> Record:
    """A duration as Zendesk reports it; both null until it is known."""
    return {"calendar": calendar, "business": business}


def ticket(
    *,
    id: int,
    created_at: datetime,
    updated_at: datetime,
    generated_at: datetime,
    status: str,
    channel: str | None,
    requester_id: int | None,
    subject: str,
    description: str,
    submitter_id: int | None = None,
    assignee_id: int | None = None,
    group_id: int | None = None,
    priority: str | None = None,
    type: str | None = None,
    tags: Sequence[str] = (),
    external_id: str | None = None,
    organization_id: int | None = None,
    brand_id: int | None = None,
    form_id: int | None = None,
    relation: str | None = None,
    custom_fields: Sequence[Record] = (),
    rating: Record | None = None,
    metric_set: Record | None = None,
) -> Record:
    """A ticket as of one version. Without a metric set the key is absent, as on deleted tickets."""
    record: Record = {
        "id": id,
        "external_id": external_id,
        "via": {"channel": channel, "source": {"from": {}, "to": {}, "rel": relation}},
        "created_at": stamp(created_at),
        "updated_at": stamp(updated_at),
        "generated_timestamp": int(generated_at.timestamp()),
        "type": type,
        "subject": subject,
        "raw_subject": subject,
        "description": description,
        "priority": priority,
        "status": status,
        "recipient": None,
        "requester_id": requester_id,
        "submitter_id": submitter_id,
        "assignee_id": assignee_id,
        "organization_id": organization_id,
        "group_id": group_id,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "tags": list(tags),
        "custom_fields": list(custom_fields),
        "satisfaction_rating": rating,
        "followup_ids": [],
        "ticket_form_id": form_id,
        "brand_id": brand_id,
        "from_messaging_channel": False,
    }
    return record if metric_set is None else {**record, "metric_set": metric_set}


def scrubbed(record: Record, at: datetime) -> Record:
    """A deleted ticket a month later: a system update that writes over all text and lets go of everybody."""
    blank = {"subject": "SCRUBBED", "raw_subject": "SCRUBBED", "description": "X", "tags": [], "custom_fields": []}
    return {**record, **blank, "group_id": None, "assignee_id": None, "generated_timestamp": int(at.timestamp())}


def change(id: int, field: str, value: Any, previous: Any) -> Record:
    """A field's change inside a ticket event."""
    return {
        "id": id,
        "via": "Web service",
        "event_type": "Change",
        field: value,
        "previous_value": previous,
    }


def creation(id: int, field: str, value: Any) -> Record:
    """A field's first value inside the event that created the ticket."""
    return {"id": id, "via": "Web service", "event_type": "Create", field: value}


def comment(id: int, author_id: int, body: str, public: bool = True, relation: str | None = None) -> Record:
    """A comment inside a ticket event; its ``via`` is an object, unlike that of a change."""
    return {
        "id": id,
        "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": relation}},
        "event_type": "Comment",
        "type": "Comment",
        "author_id": author_id,
        "body": body,
        "public": public,
    }


def ticket_event(id: int, ticket_id: int, at: datetime, updater_id: int | None, children: Sequence[Record]) -> Record:
    """One update of a ticket with everything it changed."""
    return {
        "id": id,
        "ticket_id": ticket_id,
        "timestamp": int(at.timestamp()),
        "created_at": stamp(at),
        "updater_id": updater_id,
        "via": "Web service",
        "event_type": "Audit",
        "child_events": list(children),
    }


def user(
    *,
    id: int,
    created_at: datetime,
    updated_at: datetime,
    role: str,
    name: str,
    email: str | None = None,
    active: bool = True,
    suspended: bool = False,
    locale: str | None = None,
    time_zone: str | None = None,
    organization_id: int | None = None,
    group_id: int | None = None,
) -> Record:
    """An agent, who has a group, or an end-user."""
    return {
        **({} if group_id is None else {"default_group_id": group_id}),
        "id": id,
        "name": name,
        "email": email,
        "created_at": stamp(created_at),
        "updated_at": stamp(updated_at),
        "iana_time_zone": time_zone,
        "phone": None,
        "locale": locale,
        "external_id": None,
        "organization_id": organization_id,
        "custom_role_id": None,
        "role": role,
        "active": active,
        "suspended": suspended,
        "verified": email is not None,
        "tags": [],
        "user_fields": {},
    }


def satisfaction_rating(
    *,
    id: int,
    ticket_id: int,
    score: str,
    created_at: datetime,
    updated_at: datetime,
    requester_id: int | None,
    assignee_id: int | None,
    group_id: int | None = None,
    comment: str | None = None,
) -> Record:
    """A legacy satisfaction rating."""
    return {
        "id": id,
        "assignee_id": assignee_id,
        "group_id": group_id,
        "requester_id": requester_id,
        "ticket_id": ticket_id,
        "score": score,
        "created_at": stamp(created_at),
        "updated_at": stamp(updated_at),
        "comment": comment,
        "reason": "No reason provided",
        "reason_code": 0,
    }


def metric_event(
    id: int, ticket_id: int, metric: str, type: str, at: datetime, instance: int = 1, **more: Any
) -> Record:
    """A step of a ticket's clock; ``more`` is what only some types have: ``sla``, ``status``, ``deleted``."""
    head = {"id": id, "ticket_id": ticket_id, "metric": metric, "instance_id": instance, "type": type}
    return {**head, "time": stamp(at), **more}


def sla_target(policy: Record, minutes: int, business_hours: bool) -> Record:
    named = {key: policy[key] for key in ("id", "title", "description")}
    return {"target": minutes, "target_in_seconds": minutes * 60, "business_hours": business_hours, "policy": named}


def deleted_ticket(id: int, subject: str, actor: int, at: datetime, previous_state: str) -> Record:
    """What the list of deleted tickets says of one."""
    who = {"id": actor, "name": f"Agent {actor}"}
    return {"id": id, "subject": subject, "actor": who, "deleted_at": stamp(at), "previous_state": previous_state}
