"""What the helpdesk shows around the tickets of the main story: clocks, surveys, duplicates, junk and deletions.

Everything is beside the story: it changes no figure that is planted there.
"""

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from sandbox.generator.desk import AGENTS
from sandbox.generator.hours import business_minutes
from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.generator.support import DAY
from sandbox.generator.ticket import Ticket, ticket_record
from sandbox.generator.zendesk_csat import Csat
from sandbox.generator.zendesk_setup import TARGETS, Setup
from sandbox.records import zendesk
from sandbox.records.zendesk import Record

if TYPE_CHECKING:
    from sandbox.generator.others import Day

FIRST_DUPLICATE = 700_001
FIRST_JUNK = 800_001
SPAMMER = 6_900_000_001
# What a form takes and a database may not: NUL, a bell, text from right to left, an emoji of several parts, 64 KB.
HARD_SUBJECT = "Order \x00\x07 \u202eطلب\u202c 👩🏽\u200d🚒"
HARD_TEXT = HARD_SUBJECT + "\n" + "не пришло ਨਹੀਂ ਆਇਆ రాలేదు " * 1_200
Step = tuple[str, str, datetime, Record]


class Zendesk:
    """Follows each ticket of the day to its end."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._setup = Setup(plan, sink, rng)
        self._csat = Csat(plan, sink, rng)
        self._first_seen: dict[int, datetime] = {}
        self._duplicates = self._junk = 0
        opened = plan.midnight(plan.first_night) + timedelta(minutes=1)
        self._write_user(SPAMMER, opened, opened, "CHEAP ₿ NOW", active=True)

    def live(self, day: "Day") -> None:
        self._setup.live(day.date)
        if self._rng.random() < 0.2:
            self._receive_junk(self._plan.moment_in(day.date, self._rng))
        for outcome in day.tickets:
            ticket, rng = outcome.ticket, self._rng
            self._first_seen.setdefault(ticket.requester, ticket.created)
            self._time(ticket)
            if outcome.solved and rng.random() < 0.7:
                self._csat.offer(outcome, outcome.solved, day.diary)
            if rng.random() < 0.1:
                self._duplicate(ticket)
            if outcome.deleted:
                self._delete(ticket, outcome.deleted)
            if rng.random() < 0.02:
                self._forget(ticket)

    def _time(self, ticket: Ticket) -> None:
        """The clocks of first reply and resolution; a few breaches are taken back the same day."""
        for number, (metric, kind, at, more) in enumerate(self._steps(ticket)):
            record = zendesk.metric_event(ticket.id * 100 + number, ticket.id, metric, kind, at, **more)
            self._sink.version("zendesk/ticket_metric_events", at, record)
            if kind == "breach" and self._rng.random() < 0.1:
                taken_back = {**record, "deleted": True}
                self._sink.version("zendesk/ticket_metric_events", self._plan.later(at, 300), taken_back)

    def _steps(self, ticket: Ticket) -> list[Step]:
        target, made, replied = TARGETS[ticket.priority], ticket.created, ticket.first_reply
        sla = zendesk.sla_target(self._setup.policy, target, business_hours=ticket.priority != "urgent")
        due = self._plan.later(made, target)
        steps: list[Step] = [("reply_time", "activate", made, {}), ("reply_time", "apply_sla", made, {"sla": sla})]
        if replied is None or replied > due:
            steps.append(("reply_time", "breach", due, {"deleted": False}))
        if replied is not None:
            spent = int((replied - made).total_seconds() // 60), business_minutes(made, replied)
            steps.append(("reply_time", "fulfill", replied, {}))
            steps.append(("reply_time", "update_status", replied, {"status": zendesk.minutes(*spent)}))
        steps.append(("resolution_time", "activate", made, {}))
        if ticket.solved:
            steps.append(("resolution_time", "fulfill", ticket.solved, {}))
        return steps

    def _duplicate(self, ticket: Ticket) -> None:
        """The same customer writes again, and an agent merges the second ticket into the first."""
        written = self._plan.later(ticket.created, self._rng.uniform(1, 15))
        is_hard = self._duplicates % 3 == 0
        copy = Ticket(
            id=FIRST_DUPLICATE + self._duplicates,
            requester=ticket.requester,
            submitter=ticket.requester,
            language=ticket.language,
            created=written,
            updated=written,
            channel=ticket.channel,
            subject=HARD_SUBJECT if is_hard else ticket.subject,
            description=HARD_TEXT if is_hard else ticket.description,
            priority=ticket.priority,
            tags=[f"language__{ticket.language}"],
        )
        self._duplicates += 1
        self._create(copy)
        self._merge(copy, ticket.id)

    def _receive_junk(self, at: datetime) -> None:
        """An advertisement, deleted before the day is over: most nights see it only as a deleted ticket."""
        deleted = self._plan.later(at, self._rng.uniform(5, 60))
        if self._plan.local_date(deleted) > self._plan.local_date(at):
            return
        junk = Ticket(
            id=FIRST_JUNK + self._junk,
            requester=SPAMMER,
            submitter=SPAMMER,
            language="en",
            created=at,
            updated=at,
            channel="email",
            subject="CHEAP ₿ NOW",
            description="Buy!",
            priority="low",
        )
        self._junk += 1
        self._create(junk)
        junk.move("deleted", deleted)
        junk.updated = deleted
        self._write(junk, AGENTS[0], [zendesk.change(junk.id * 1000 + 10, "status", "deleted", "new")])
        self._delete(junk, deleted)

    def _create(self, ticket: Ticket) -> None:
        first, author = ticket.id * 1000, ticket.requester
        fields = {"status": "new", "priority": ticket.priority, "subject": ticket.subject}
        children = [zendesk.creation(first + n, name, value) for n, (name, value) in enumerate(fields.items())]
        self._write(ticket, author, [*children, zendesk.comment(first + 9, author, ticket.description)])

    def _merge(self, ticket: Ticket, into: int) -> None:
        """Close it, with the tag and the comment that a merge leaves."""
        at, first = self._plan.later(ticket.created, self._rng.uniform(5, 90)), ticket.id * 1000 + 10
        agent = self._rng.choice(AGENTS[:3])
        ticket.move("closed", at)
        ticket.updated = at
        ticket.tags.append("closed_by_merge")
        told = zendesk.comment(first + 9, agent, f"Closed and merged into #{into}", public=False, relation="merge")
        self._write(ticket, agent, [zendesk.change(first, "status", "closed", "new"), told])

    def _write(self, ticket: Ticket, updater: int, children: list[Record]) -> None:
        number, at = ticket.id * 100 + ticket.events, ticket.updated
        ticket.events += 1
        event = zendesk.ticket_event(number, ticket.id, at, updater, children)
        self._sink.version("zendesk/ticket_events", at, event)
        self._sink.version("zendesk/tickets", at, ticket_record(ticket, at))

    def _delete(self, ticket: Ticket, at: datetime) -> None:
        """The list of deleted tickets tells of it for a month; then the text is written over."""
        state = "closed" if ticket.solved else "open"
        record = zendesk.deleted_ticket(ticket.id, ticket.subject, AGENTS[0], at, state)
        self._sink.version("zendesk/deleted_tickets", at, record)
        over = self._plan.later(at, 31 * DAY)
        self._sink.version("zendesk/tickets", over, zendesk.scrubbed(ticket_record(ticket, at), over))

    def _forget(self, ticket: Ticket) -> None:
        """The customer asks to be deleted."""
        user = ticket.requester
        at = self._plan.later(ticket.updated, self._rng.uniform(10, 40) * DAY)
        self._write_user(user, self._first_seen[user], at, "Permanently deleted user", active=False)

    def _write_user(self, user: int, created: datetime, at: datetime, name: str, active: bool) -> None:
        """An end-user without an address."""
        record = zendesk.user(
            id=user,
            created_at=created,
            updated_at=at,
            role="end-user",
            name=name,
            active=active,
            locale="en",
            time_zone=self._plan.time_zone,
        )
        self._sink.version("zendesk/users", at, record)
