"""How a Zendesk account is set up: groups, organizations, SLA policies, business hours, ticket fields and forms."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sandbox.records.writer import stamp

Record = dict[str, Any]


def group(id: int, name: str, created_at: datetime, updated_at: datetime, deleted: bool = False) -> Record:
    times = {"created_at": stamp(created_at), "updated_at": stamp(updated_at)}
    more = {"description": "", "default": False, "is_public": True, "deleted": deleted}
    return {"id": id, "name": name, **more, **times}


def membership(id: int, user_id: int, group_id: int, at: datetime, default: bool) -> Record:
    times = {"created_at": stamp(at), "updated_at": stamp(at)}
    return {"id": id, "user_id": user_id, "group_id": group_id, "default": default, **times}


def organization(
    id: int, name: str, created_at: datetime, updated_at: datetime, fields: Mapping[str, Any], tags: Sequence[str] = ()
) -> Record:
    return {
        "id": id,
        "name": name,
        "created_at": stamp(created_at),
        "updated_at": stamp(updated_at),
        "external_id": None,
        "group_id": None,
        "domain_names": [f"org{id}.example"],
        "shared_tickets": False,
        "shared_comments": False,
        "details": None,
        "notes": None,
        "tags": list(tags),
        "organization_fields": dict(fields),
    }


def deleted_organization(record: Record, at: datetime) -> Record:
    """A deleted organization stays in the export under another name."""
    name = f"{record['id']}_deleted_{record['name']}"
    return {**record, "name": name, "deleted_at": stamp(at), "updated_at": stamp(at)}


def sla_policy(id: int, title: str, position: int, at: datetime, targets: Mapping[str, int]) -> Record:
    """A policy with a target of first reply, in minutes, for each priority; it holds for tickets of certain ways in."""
    metrics = [
        {
            "priority": priority,
            "metric": "first_reply_time",
            "target": minutes,
            "target_in_seconds": minutes * 60,
            "business_hours": priority != "urgent",
        }
        for priority, minutes in targets.items()
    ]
    conditions = [
        {"field": "type", "operator": "is", "value": "question"},
        {"field": "current_tags", "operator": "not_includes", "value": ["test", "spam"]},
    ]
    return {
        "id": id,
        "title": title,
        "description": f"{title} for questions",
        "position": position,
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "filter": {"all": conditions, "any": [{"field": "via_id", "operator": "is", "value": "4"}]},
        "policy_metrics": metrics,
    }


def schedule(id: int, name: str, time_zone: str, at: datetime, opens: int, closes: int) -> Record:
    """Monday to Friday between two minutes of the day; ``time_zone`` is a name of the vendor's own."""
    days = [day * 1440 for day in range(1, 6)]
    intervals = [{"start_time": day + opens, "end_time": day + closes} for day in days]
    times = {"created_at": stamp(at), "updated_at": stamp(at)}
    return {"id": id, "name": name, "time_zone": time_zone, "intervals": intervals, **times}


def holiday(id: int, schedule_id: int, name: str, start: date, end: date) -> Record:
    """A holiday, with the schedule that the vendor tells only by the list that it is in."""
    dates = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    return {"id": id, "name": name, **dates, "schedule_id": str(schedule_id)}


def ticket_field(
    id: int, type: str, title: str, at: datetime, updated_at: datetime, active: bool = True, options: Sequence[str] = ()
) -> Record:
    choices = [
        {"id": id * 100 + number, "name": option.title(), "raw_name": option.title(), "value": option, "default": False}
        for number, option in enumerate(options)
    ]
    record = {
        "id": id,
        "type": type,
        "title": title,
        "raw_title": title,
        "description": title,
        "raw_description": title,
        "position": id % 100,
        "active": active,
        "required": False,
        "removable": True,
        "tag": None,
        "created_at": stamp(at),
        "updated_at": stamp(updated_at),
    }
    return {**record, "custom_field_options": choices} if choices else record


def ticket_form(id: int, name: str, position: int, at: datetime, fields: Sequence[int]) -> Record:
    return {
        "id": id,
        "name": name,
        "raw_name": name,
        "display_name": name,
        "raw_display_name": name,
        "position": position,
        "active": True,
        "default": position == 1,
        "end_user_visible": True,
        "in_all_brands": True,
        "restricted_brand_ids": [],
        "ticket_field_ids": list(fields),
        "created_at": stamp(at),
        "updated_at": stamp(at),
    }
