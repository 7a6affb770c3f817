"""A small Zendesk account full of awkward cases, as the lines of its dataset."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.records import zendesk, zendesk_setup, zendesk_surveys

Lines = dict[str, list[dict[str, Any]]]
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
AGENT, CUSTOMER, FORGOTTEN = 11, 21, 22
MIXED = ["text", True, 12.5, ["a", "b"], None]
HARD_TEXT = "nul \x00 bell \x07 مرحبا 👩🏽‍🚒 " + "x" * 65_536
SURVEY_KINDS = ("SurveyOffered", "SurveyResponseSubmitted")
OFFERED, ANSWERED = "01JOFFERED0000000000000000", "01JANSWERED000000000000000"


def iso(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(**units: float) -> datetime:
    return NOW - timedelta(**units)


def at(moment: datetime, record: dict[str, Any]) -> dict[str, Any]:
    return {"at": iso(int(moment.timestamp())), "record": record}


def gone(moment: datetime, key: int | str) -> dict[str, Any]:
    return {"at": iso(int(moment.timestamp())), "deleted": True, "id": key}


def ticket(key: int, created: datetime, updated: datetime, generated: datetime, **more: Any) -> dict[str, Any]:
    fields = [{"id": 900 + number, "value": value} for number, value in enumerate(MIXED)]
    told: dict[str, Any] = {
        "status": "open",
        "channel": "web",
        "requester_id": CUSTOMER,
        "subject": f"Ticket {key}",
        "description": "Where is it?",
        "assignee_id": AGENT,
        "tags": ["vip"],
        "brand_id": 1,
        "form_id": 2,
        "custom_fields": fields,
        "metric_set": {"id": key * 10, "ticket_id": key, "reopens": 0},
    }
    times = {"created_at": created, "updated_at": updated, "generated_at": generated}
    return zendesk.ticket(id=key, **times, **(told | more))


def _tickets() -> list[dict[str, Any]]:
    """1 is moved by the system, 2 deleted and scrubbed, 3 merged away, 4 hard text, 5 archived, 6 closed lately."""
    two = ticket(2, ago(days=60), ago(days=60), ago(days=60), subject="Private", description="My address is …")
    deleted = {**two, "status": "deleted", "updated_at": iso(int(ago(days=50).timestamp()))}
    deleted["generated_timestamp"] = int(ago(days=50).timestamp())
    merged = ticket(3, ago(days=9), ago(days=9), ago(days=9), status="closed", tags=["vip", "closed_by_merge"])
    hard = {"subject": HARD_TEXT[:40], "description": HARD_TEXT}
    old, lately = ago(days=121), ago(days=119)
    return [
        at(ago(days=20), ticket(1, ago(days=20), ago(days=20), ago(days=20))),
        at(ago(hours=5), ticket(1, ago(days=20), ago(days=20), ago(hours=5))),
        at(ago(days=60), two),
        at(ago(days=50), deleted),
        at(ago(days=19), zendesk.scrubbed(deleted, ago(days=19))),
        at(ago(days=9), merged),
        at(ago(days=8), ticket(4, ago(days=8), ago(days=8), ago(days=8), **hard)),
        at(old, ticket(5, ago(days=200), old, old, status="closed")),
        at(lately, ticket(6, ago(days=200), lately, lately, status="closed", relation="follow_up")),
    ]


def _events() -> list[dict[str, Any]]:
    comment = zendesk.comment(301, AGENT, "Closed and merged into #1", public=False, relation="merge")
    change = zendesk.change(300, "status", "closed", "open")
    offered = zendesk_surveys.survey_event(401, "SurveyOffered", OFFERED)
    named = [zendesk_surveys.survey_event(402 + n, kind, ANSWERED) for n, kind in enumerate(SURVEY_KINDS)]
    return [
        at(ago(days=9), zendesk.ticket_event(30, 3, ago(days=9), AGENT, [change, comment])),
        at(ago(days=7), zendesk.ticket_event(40, 1, ago(days=7), None, [offered])),
        at(ago(days=6), zendesk.ticket_event(41, 4, ago(days=6), None, [named[0]])),
        at(ago(hours=4), zendesk.ticket_event(42, 4, ago(hours=4), None, [named[1]])),
    ]


def _surveys() -> list[dict[str, Any]]:
    unanswered = zendesk_surveys.survey_response(OFFERED, 1, CUSTOMER, ago(days=7))
    asked = zendesk_surveys.survey_response(ANSWERED, 4, CUSTOMER, ago(days=6))
    answers = [
        zendesk_surveys.rating_answer(2, ago(hours=4), ago(hours=4)),
        zendesk_surveys.comment_answer("Слишком долго 😡", ago(hours=4)),
        zendesk_surveys.reason_answer("01OPTION", ago(hours=4)),
    ]
    return [
        at(ago(days=7), unanswered),
        at(ago(days=6), asked),
        at(ago(hours=4), {**asked, "answers": answers}),
    ]


def _metric_events() -> list[dict[str, Any]]:
    """Many within one second, as when a policy is applied to all tickets."""
    second = ago(days=3)
    crowd = [zendesk.metric_event(600 + n, 1, "reply_time", "apply_sla", second) for n in range(25)]
    others = [
        zendesk.metric_event(700 + n, 1, "reply_time", "activate", second + timedelta(seconds=7 * n))
        for n in range(1, 40)
    ]
    breach = zendesk.metric_event(800, 4, "reply_time", "breach", ago(days=2), deleted=False)
    taken_back = at(ago(hours=3), {**breach, "deleted": True})
    return [*(at(second, one) for one in crowd), *(at(ago(days=2), one) for one in [*others, breach]), taken_back]


def _ratings() -> list[dict[str, Any]]:
    """1 is good and the day after bad; its id stays."""
    made = {"id": 1, "ticket_id": 1, "requester_id": CUSTOMER, "assignee_id": AGENT, "created_at": ago(days=3)}
    first = zendesk.satisfaction_rating(**made, score="good", updated_at=ago(days=3))
    changed = zendesk.satisfaction_rating(**made, score="bad", updated_at=ago(days=1.5), comment="On second thoughts")
    later = {**made, "id": 2, "ticket_id": 4, "created_at": ago(days=1)}
    second = zendesk.satisfaction_rating(**later, score="offered", updated_at=ago(days=1))
    return [at(ago(days=3), first), at(ago(days=1.5), changed), at(ago(days=1), second)]


def _people() -> Lines:
    opened = ago(days=100)
    agent = {"id": AGENT, "name": "Ágata", "created_at": opened, "time_zone": "UTC", "locale": "pt"}
    works = zendesk.user(**agent, updated_at=opened, role="agent", email="Agata@Shop.example", group_id=5)
    left = zendesk.user(**agent, updated_at=ago(hours=8), role="end-user", active=False, suspended=True)
    customer = {"name": "ليلى", "created_at": opened, "time_zone": "UTC", "locale": "ar", "role": "end-user"}
    users = [
        at(opened, works),
        at(ago(hours=8), left),
        at(opened, zendesk.user(id=CUSTOMER, **customer, updated_at=opened, email="Laila@Mail.example")),
        at(opened, zendesk.user(id=FORGOTTEN, **customer, updated_at=opened, email="x@mail.example")),
        gone(ago(hours=7), FORGOTTEN),
    ]
    names = {1: "Globex", 2: "शॉप", 3: "Initech"}
    organizations = [zendesk_setup.organization(key, name, opened, opened, {"seats": 4}) for key, name in names.items()]
    groups = [zendesk_setup.group(key, f"Team {key}", opened, opened) for key in (5, 6, 7)]
    memberships = [zendesk_setup.membership(key, AGENT, 4 + key, opened, key == 1) for key in (1, 2, 3)]
    return {
        "zendesk/users": users,
        "zendesk/organizations": [*(at(opened, one) for one in organizations), gone(ago(hours=6), 2)],
        "zendesk/groups": [*(at(opened, one) for one in groups), gone(ago(hours=6), 6)],
        "zendesk/group_memberships": [*(at(opened, one) for one in memberships), gone(ago(hours=6), 2)],
    }


def _setup() -> Lines:
    opened = ago(days=100)
    policy = zendesk_setup.sla_policy(1, "First reply", 1, opened, {"urgent": 30, "low": 480})
    schedules = [
        zendesk_setup.schedule(1, "Day", "Lisbon", opened, 540, 1080),
        zendesk_setup.schedule(2, "Night", "Eastern Time (US & Canada)", opened, 0, 360),
    ]
    dates = (opened.date().replace(month=12, day=25), opened.date().replace(month=12, day=26))
    holidays = [
        zendesk_setup.holiday(key, schedule, f"Día {key}", *dates) for key, schedule in ((1, 1), (2, 2), (3, 2))
    ]
    kinds = enumerate(("text", "checkbox", "decimal", "multiselect", "date"))
    fields = [zendesk_setup.ticket_field(900 + n, kind, f"Field {n}", opened, opened) for n, kind in kinds]
    forms = [zendesk_setup.ticket_form(key, f"Form {key}", key, opened, [900, 901]) for key in (1, 2)]
    return {
        "zendesk/sla_policies": [at(opened, policy)],
        "zendesk/schedules": [at(opened, one) for one in schedules],
        "zendesk/holidays": [at(opened, one) for one in holidays],
        "zendesk/ticket_fields": [*(at(opened, one) for one in fields), gone(ago(hours=6), 904)],
        "zendesk/ticket_forms": [at(opened, one) for one in forms],
    }


def _deleted() -> list[dict[str, Any]]:
    """One too long ago for the list, one restored, one that stays."""
    days = {2: 50, 71: 29, 72: 5}
    made = [at(ago(days=n), zendesk.deleted_ticket(key, "Spam", AGENT, ago(days=n), "open")) for key, n in days.items()]
    return [*made, gone(ago(hours=6), 72)]


def make_lines() -> Lines:
    return {
        "zendesk/tickets": _tickets(),
        "zendesk/ticket_events": _events(),
        "zendesk/ticket_metric_events": _metric_events(),
        "zendesk/survey_responses": _surveys(),
        "zendesk/satisfaction_ratings": _ratings(),
        "zendesk/deleted_tickets": _deleted(),
        **_people(),
        **_setup(),
    }


def write(folder: Path, lines: Lines, settings: str = "") -> Path:
    """The dataset's folder, with settings of the account."""
    (folder / "zendesk").mkdir(parents=True)
    head = 'name = "zd"\nlicence = "CC0-1.0"\ntime_zone = "UTC"\nfirst_night = 2026-11-18\nlast_night = 2026-11-20\n'
    (folder / "dataset.toml").write_text(head + settings, encoding="utf-8")
    for name, rows in lines.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder
