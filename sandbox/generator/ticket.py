"""A helpdesk ticket in the making, and the metric set that follows from what has happened to it."""

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.generator.hours import business_minutes
from sandbox.records import zendesk
from sandbox.records.zendesk import Record

GROUP = 9_100_000
BRAND = 9_200_001
FORMS = {"web": 9_300_002}
DEFAULT_FORM = 9_300_001
FIRST_FIELD = 9_400_001
FIRST_ORGANIZATION = 8_200_001
FIRST_ORGANIZATIONS = 10
Duration = tuple[int | None, int | None]
UNKNOWN: Duration = (None, None)
ASSIGNED_TIMES = ("initially_assigned_at", "assigned_at")
WAITING = {"new", "open", "hold"}


@dataclass
class Ticket:
    """The state after the latest step."""

    id: int
    requester: int
    submitter: int
    language: str
    created: datetime
    updated: datetime
    channel: str
    subject: str
    description: str
    priority: str
    tags: list[str] = field(default_factory=list)
    status: str = "new"
    assignee: int | None = None
    assigned: datetime | None = None
    first_reply: datetime | None = None
    replies: int = 0
    reopens: int = 0
    solved: datetime | None = None
    first_solved: datetime | None = None
    first_reopened: datetime | None = None
    reply_time: Duration = UNKNOWN
    first_resolution: Duration = UNKNOWN
    full_resolution: Duration = UNKNOWN
    waited: tuple[int, int] = (0, 0)
    status_since: datetime | None = None
    events: int = 0

    def assign(self, agent: int, at: datetime) -> None:
        """Hand the ticket to an agent."""
        self.assignee = agent
        self.assigned = self.assigned or at

    def move(self, status: str, at: datetime) -> None:
        """Change the status; time spent in the old one counts as the requester's wait when it was ours."""
        since = self.status_since or self.created
        if self.status in WAITING:
            calendar, business = self._minutes(since, at)
            self.waited = self.waited[0] + calendar, self.waited[1] + business
        if self.status == "solved" and status in WAITING:
            self.reopens += 1
            self.first_reopened = self.first_reopened or at
        if status == "solved":
            self.solved, self.full_resolution = at, self._minutes(self.created, at)
            self.first_solved = self.first_solved or at
            self.first_resolution = self.full_resolution if self.first_resolution == UNKNOWN else self.first_resolution
        self.status, self.status_since = status, at

    def reply(self, at: datetime) -> None:
        """A public comment of an agent, other than the one that opened the ticket."""
        self.replies += 1
        if self.first_reply is None:
            self.first_reply, self.reply_time = at, self._minutes(self.created, at)

    def _minutes(self, start: datetime, end: datetime) -> tuple[int, int]:
        return int((end - start).total_seconds() // 60), business_minutes(start, end)


def ticket_record(ticket: Ticket, generated: datetime) -> Record:
    """The ticket as the export returns it; a deleted one has lost its metric set."""
    return zendesk.ticket(
        id=ticket.id,
        created_at=ticket.created,
        updated_at=ticket.updated,
        generated_at=generated,
        status=ticket.status,
        channel=ticket.channel,
        requester_id=ticket.requester,
        submitter_id=ticket.submitter,
        assignee_id=ticket.assignee,
        group_id=GROUP,
        organization_id=organization_of(ticket.requester),
        brand_id=BRAND,
        form_id=FORMS.get(ticket.channel, DEFAULT_FORM),
        custom_fields=_custom_fields(ticket),
        rating={"score": "offered" if ticket.solved else "unoffered"},
        subject=ticket.subject,
        description=ticket.description,
        priority=ticket.priority,
        type="question",
        tags=ticket.tags,
        metric_set=None if ticket.status == "deleted" else _metric_set(ticket),
    )


def organization_of(user: int) -> int | None:
    """The organization of every sixth user."""
    return None if user % 6 else FIRST_ORGANIZATION + user // 6 % FIRST_ORGANIZATIONS


def _custom_fields(ticket: Ticket) -> list[Record]:
    """A value of each type that the vendor's fields have."""
    number = ticket.id
    values = (f"ORD-{number}", number % 2 == 0, number % 7 + 0.5, ["gift", "express"][: number % 3], None)
    return [{"id": FIRST_FIELD + position, "value": value} for position, value in enumerate(values)]


def _metric_set(ticket: Ticket) -> Record:
    """Without the times of an assignment where there was none."""
    assigned = {} if ticket.assigned is None else dict.fromkeys(ASSIGNED_TIMES, zendesk.when(ticket.assigned))
    return {
        **assigned,
        "id": ticket.id * 10,
        "ticket_id": ticket.id,
        "group_stations": 1,
        "assignee_stations": int(ticket.assignee is not None),
        "reopens": ticket.reopens,
        "replies": ticket.replies,
        "created_at": zendesk.when(ticket.created),
        "updated_at": zendesk.when(ticket.updated),
        "status_updated_at": zendesk.when(ticket.status_since or ticket.created),
        "assignee_updated_at": zendesk.when(ticket.assigned),
        "solved_at": zendesk.when(ticket.solved),
        "reply_time_in_minutes": zendesk.minutes(*ticket.reply_time),
        "first_resolution_time_in_minutes": zendesk.minutes(*ticket.first_resolution),
        "full_resolution_time_in_minutes": zendesk.minutes(*ticket.full_resolution),
        "requester_wait_time_in_minutes": zendesk.minutes(*ticket.waited),
        "agent_wait_time_in_minutes": zendesk.minutes(None, None),
        "on_hold_time_in_minutes": zendesk.minutes(0, 0),
    }
