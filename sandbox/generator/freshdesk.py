"""A second helpdesk, at Freshdesk: wholesale and the older shops, with the same people."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.generator import phrases
from sandbox.generator.people import Person, written
from sandbox.generator.plan import Plan, poisson
from sandbox.generator.sink import Sink
from sandbox.records import freshdesk
from sandbox.records.freshdesk import CLOSED, OPEN, PENDING, RESOLVED, Record

if TYPE_CHECKING:
    from sandbox.generator.others import Day

TICKETS = 12.0  # per square root of the customers: a hundred in a small world, some hundreds in a large one
FIRST_TICKET, FIRST_CONVERSATION, FIRST_RATING = 20_001, 67_550_000_001, 67_000_490_001
FIRST_CONTACT, FIRST_AGENT, FIRST_GROUP, FIRST_COMPANY = 67_042_000_000, 67_013_400_001, 67_000_570_001, 67_000_900_001
SURVEY, SPEED = 67_000_084_490, "question_67000084817"
AGENTS = range(FIRST_AGENT, FIRST_AGENT + 10)
LEAVER, LEAVES_BEFORE_END = AGENTS[3], 70
GROUPS = {FIRST_GROUP: "First line", FIRST_GROUP + 1: "Returns", FIRST_GROUP + 2: "الدعم العربي"}
COMPANIES = ("Casa Azul, Lda.", "Bright & Co.", "متجر النور", "ਪੰਜਾਬ ਹਾਟ", "Andhra Retail", "Shaw & Sons")
SOURCES = (1, 2, 3, 7, 9)
DAY = 24 * 60


@dataclass
class Ticket:
    """A ticket in the making: what the next version of it says."""

    id: int
    contact: Record
    created: datetime
    updated: datetime
    fixed: dict[str, Any]
    status: int = OPEN
    responder: int | None = None
    stats: dict[str, datetime] = field(default_factory=dict)
    is_spam: bool = False
    is_deleted: bool = False

    def move(self, status: int, at: datetime) -> None:
        """Change the status, with the statistics that follow from it."""
        if status == OPEN and self.status in (RESOLVED, CLOSED):
            self.stats["reopened_at"] = at
        named = {PENDING: "pending_since", RESOLVED: "resolved_at", CLOSED: "closed_at"}
        self.stats |= {"status_updated_at": at} | ({named[status]: at} if status in named else {})
        self.status = status


class Freshdesk:
    """Simulates tickets one at a time, each from its creation to its end."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._opened = self._written = self._rated = 0
        self._contacts: dict[int, Record] = {}
        self._start = plan.midnight(plan.first_night) + timedelta(minutes=1)
        self._left = plan.midnight(plan.last_night - timedelta(days=LEAVES_BEFORE_END)) + timedelta(hours=9)
        self._write_desk()

    def live(self, day: "Day") -> None:
        """The day's tickets; those who write them become contacts."""
        share = self._plan.busyness(day.date) * TICKETS * math.sqrt(self._plan.customers) / self._plan.nights
        writers = poisson(share, self._rng) if day.present else 0
        for at in sorted(self._plan.moment_in(day.date, self._rng) for _ in range(writers)):
            self._open(self._rng.choice(day.present), at)

    def _write_desk(self) -> None:
        start, version = self._start, self._sink.version
        for number, agent in enumerate(AGENTS, start=1):
            groups = (FIRST_GROUP + number % len(GROUPS),)
            named = freshdesk.agent(agent, f"Freshdesk Agent {number}", f"desk.{number}@shop.example", groups, start)
            version("freshdesk/agents", start, named)
        if self._left > start:
            self._sink.deletion("freshdesk/agents", self._left, LEAVER)
        for group, name in GROUPS.items():
            version("freshdesk/groups", start, freshdesk.group(group, name, start))
        for number, name in enumerate(COMPANIES):
            named = freshdesk.company(FIRST_COMPANY + number, name, f"company{number}.example", start)
            version("freshdesk/companies", start, named)
        questions = {"default_question": "How would you rate our support?", SPEED: "Was it fast?"}
        version("freshdesk/surveys", start, freshdesk.survey(SURVEY, "After a ticket 🙂", start, questions))

    def _open(self, person: Person, at: datetime) -> None:
        """A ticket; some are spam, some end in the trash weeks later."""
        rng, later = self._rng, self._plan.later
        ticket = self._create(person, at)
        if rng.random() < 0.05:
            ticket.is_spam = True
            self._write(ticket, later(at, rng.uniform(5, 2 * DAY)))
        else:
            self._handle(ticket)
        if rng.random() < (0.3 if ticket.is_spam else 0.05):
            ticket.is_deleted = True
            self._write(ticket, later(ticket.updated, rng.uniform(1, 25) * DAY))

    def _create(self, person: Person, at: datetime) -> Ticket:
        rng, contact = self._rng, self._contact(person, at)
        subject = phrases.subject(person.language, rng)
        fixed = {
            "subject": subject,
            "text": f"{subject}\n{phrases.opinion(person.language, False, rng)}",
            "source": rng.choices(SOURCES, (50, 25, 5, 10, 10))[0],
            "priority": rng.choices((1, 2, 3, 4), (60, 25, 10, 5))[0],
            "group_id": rng.choice((None, *GROUPS)),
            "cc_emails": rng.choice((None, [], [], ["Partner@Shop.Example"])),
            "tags": rng.choice(([], ["vip"], ["wholesale", "late"])),
        }
        ticket = Ticket(FIRST_TICKET + self._opened, contact, at, at, fixed)
        self._opened += 1
        self._write(ticket, at)
        return ticket

    def _contact(self, person: Person, at: datetime) -> Record:
        """Who wrote, with an address in any case or none; made once, and now and then changed, blocked or deleted."""
        if person.index in self._contacts:
            return self._contacts[person.index]
        rng = self._rng
        email = written(person.email, rng)
        contact = freshdesk.contact(
            id=FIRST_CONTACT + person.index,
            name=person.name,
            email=email.strip() if email else None,
            phone=None if email else f"+35191000{person.index:04d}",
            language=person.language,
            created_at=at,
        )
        self._contacts[person.index] = contact
        self._sink.version("freshdesk/contacts", at, contact)
        luck = rng.random()
        if luck < 0.2:
            change = {"phone": "+351210000000"} if luck < 0.12 else {"blocked" if luck < 0.15 else "deleted": True}
            moment = self._plan.later(at, rng.uniform(1, 20) * DAY)
            changed = contact | change | {"updated_at": freshdesk.stamp(moment)}
            self._sink.version("freshdesk/contacts", moment, changed)
        return contact

    def _handle(self, ticket: Ticket) -> None:
        """Replies and notes go back and forth until it is resolved, perhaps reopened, and closed."""
        rng, later = self._rng, self._plan.later
        is_there = ticket.created < self._left - timedelta(days=20)
        ticket.responder = rng.choice([agent for agent in AGENTS if agent != LEAVER or is_there])
        at = self._note(ticket, later(ticket.created, rng.uniform(3, 300)))
        for _ in range(rng.choices((1, 2, 3), (60, 30, 10))[0]):
            at = self._say(ticket, later(at, rng.lognormvariate(4.3, 1.0)), PENDING, is_incoming=False)
            if rng.random() < 0.45:
                at = self._say(ticket, later(at, rng.uniform(15, DAY)), OPEN, is_incoming=True)
        if rng.random() < 0.08:
            return
        at = self._say(ticket, later(at, rng.uniform(5, DAY)), RESOLVED, is_incoming=False)
        self._maybe_rate(ticket, at)
        if rng.random() < 0.1:
            at = self._say(ticket, later(at, rng.uniform(60, 3 * DAY)), OPEN, is_incoming=True)
            at = self._say(ticket, later(at, rng.uniform(5, DAY)), RESOLVED, is_incoming=False)
        ticket.move(CLOSED, at := later(at, 3 * DAY))
        self._write(ticket, at)

    def _note(self, ticket: Ticket, at: datetime) -> datetime:
        """A private note; some are edited a day later."""
        note = self._conversation(ticket, at, "Asked the warehouse.", is_incoming=False, is_private=True)
        self._write(ticket, at)
        if self._rng.random() < 0.2:
            at = self._plan.later(at, self._rng.uniform(1, DAY))
            self._sink.version("freshdesk/conversations", at, freshdesk.edited(note, at, "The warehouse has it ✅"))
            self._write(ticket, at)
        return at

    def _say(self, ticket: Ticket, at: datetime, status: int, is_incoming: bool) -> datetime:
        """A reply, with the status that comes with it."""
        told = phrases.opinion(ticket.contact["language"], False, self._rng) if is_incoming else "We looked into it."
        self._conversation(ticket, at, told, is_incoming, is_private=False)
        ticket.stats["requester_responded_at" if is_incoming else "agent_responded_at"] = at
        if not is_incoming:
            ticket.stats.setdefault("first_responded_at", at)
        ticket.move(status, at)
        self._write(ticket, at)
        return at

    def _conversation(self, ticket: Ticket, at: datetime, text: str, is_incoming: bool, is_private: bool) -> Record:
        author = ticket.contact["id"] if is_incoming else ticket.responder
        record = freshdesk.conversation(
            id=FIRST_CONVERSATION + self._written,
            ticket_id=ticket.id,
            user_id=author,
            created_at=at,
            text=text,
            is_incoming=is_incoming,
            is_private=is_private,
        )
        self._written += 1
        self._sink.version("freshdesk/conversations", at, record)
        return record

    def _maybe_rate(self, ticket: Ticket, resolved: datetime) -> None:
        """A rating after the solution; some customers change their mind within two weeks."""
        rng = self._rng
        if rng.random() > 0.6:
            return
        is_happy = rng.random() < 0.7
        at = changed = self._plan.later(resolved, rng.expovariate(1 / 700) + 2)
        rating = FIRST_RATING + self._rated
        self._rated += 1
        self._write_rating(ticket, rating, at, changed, is_happy)
        if rng.random() < 0.15:
            self._write_rating(ticket, rating, at, self._plan.later(at, rng.uniform(0.2, 12) * DAY), not is_happy)

    def _write_rating(self, ticket: Ticket, rating: int, created: datetime, updated: datetime, is_happy: bool) -> None:
        rng = self._rng
        record = freshdesk.rating(
            id=rating,
            survey_id=SURVEY,
            ticket_id=ticket.id,
            user_id=ticket.contact["id"],
            agent_id=ticket.responder or AGENTS[0],
            created_at=created,
            updated_at=updated,
            answers={"default_question": 103 if is_happy else -103, SPEED: rng.choice((103, 100, -103))},
            feedback=phrases.opinion(ticket.contact["language"], is_happy, rng) if rng.random() < 0.5 else None,
        )
        self._sink.version("freshdesk/satisfaction_ratings", updated, record)

    def _write(self, ticket: Ticket, at: datetime) -> None:
        ticket.updated = at
        record = freshdesk.ticket(
            id=ticket.id,
            created_at=ticket.created,
            updated_at=at,
            status=ticket.status,
            requester=ticket.contact,
            responder_id=ticket.responder,
            stats=ticket.stats,
            is_spam=ticket.is_spam,
            is_deleted=ticket.is_deleted,
            **ticket.fixed,
        )
        self._sink.version("freshdesk/tickets", at, record)
