"""A helpdesk ticket in the making, and the metric set that follows from what has happened to it."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.generator.plan import business_minutes
from sandbox.records import zendesk
from sandbox.records.zendesk import Record

GROUP = 9_100_000
Duration = tuple[int | None, int | None]
UNKNOWN: Duration = (None, None)
WAITING = {"new", "open", "hold"}


@dataclass
class Ticket:
    """The state after the latest step."""

    id: int
    zone: ZoneInfo
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
        if status == "solved":
            self.solved, self.full_resolution = at, self._minutes(self.created, at)
            self.first_resolution = self.full_resolution if self.first_resolution == UNKNOWN else self.first_resolution
        self.status, self.status_since = status, at

    def reply(self, at: datetime) -> None:
        """A public comment of an agent, other than the one that opened the ticket."""
        self.replies += 1
        if self.first_reply is None:
            self.first_reply, self.reply_time = at, self._minutes(self.created, at)

    def _minutes(self, start: datetime, end: datetime) -> tuple[int, int]:
        return int((end - start).total_seconds() // 60), business_minutes(start, end, self.zone)


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
        subject=ticket.subject,
        description=ticket.description,
        priority=ticket.priority,
        type="question",
        tags=ticket.tags,
        metric_set=None if ticket.status == "deleted" else _metric_set(ticket),
    )


def _metric_set(ticket: Ticket) -> Record:
    return {
        "reopens": ticket.reopens,
        "replies": ticket.replies,
        "initially_assigned_at": zendesk.when(ticket.assigned),
        "solved_at": zendesk.when(ticket.solved),
        "reply_time_in_minutes": zendesk.minutes(*ticket.reply_time),
        "first_resolution_time_in_minutes": zendesk.minutes(*ticket.first_resolution),
        "full_resolution_time_in_minutes": zendesk.minutes(*ticket.full_resolution),
        "requester_wait_time_in_minutes": zendesk.minutes(*ticket.waited),
    }
