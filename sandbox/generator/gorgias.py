"""A third helpdesk, at Gorgias: questions to the shop's own site, with the same people."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.generator import phrases
from sandbox.generator.people import Person, written
from sandbox.generator.plan import Plan, poisson
from sandbox.generator.sink import Sink
from sandbox.records import gorgias
from sandbox.records.gorgias import Record

if TYPE_CHECKING:
    from sandbox.generator.others import Day

TICKETS = 12.0  # per square root of the customers: a hundred in a small world, some hundreds in a large one
FIRST_TICKET, FIRST_MESSAGE, FIRST_SURVEY, FIRST_CUSTOMER = 47_423_001, 123_640_001, 1_234_001, 9_300_000
USERS = tuple((3_924 + number, f"Gorgias Agent {number}", f"chat.{number}@shop.example") for number in range(1, 9))
LEAVES_BEFORE_END, GONE_BEFORE_END = 80, 70
TEAMS = ({"id": 71, "name": "Chat"}, {"id": 72, "name": "ریٹرن ٹیم"})
TAGS = (gorgias.tag(501, "order-status"), gorgias.tag(502, "refund 💶"), gorgias.tag(503, "vip"))
CHANNELS = ("email", "chat", "contact_form", "instagram")
DAY = 24 * 60


@dataclass
class Ticket:
    """A ticket in the making: what the next version of it says, besides the time of its change."""

    id: int
    person: Person
    customer: Record
    created: datetime
    updated: datetime
    fixed: dict[str, Any]
    agent: Record | None = None
    told: dict[str, Any] = field(default_factory=lambda: {"status": "open", "messages_count": 0})


class Gorgias:
    """Simulates tickets one at a time, each from its creation to its end."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._opened = self._written = self._surveyed = 0
        self._customers: dict[int, Record] = {}
        self._write_users()

    def live(self, day: "Day") -> None:
        """The day's tickets; those who write them become customers."""
        share = self._plan.busyness(day.date) * TICKETS * math.sqrt(self._plan.customers) / self._plan.nights
        writers = poisson(share, self._rng) if day.present else 0
        for at in sorted(self._plan.moment_in(day.date, self._rng) for _ in range(writers)):
            self._open(self._rng.choice(day.present), at)

    def _write_users(self) -> None:
        """All agents are there from the first night; one is deactivated, another disappears from the list."""
        start = self._plan.midnight(self._plan.first_night) + timedelta(minutes=1)
        for user, name, email in USERS:
            named = gorgias.user(id=user, name=name, email=email, role="agent", created=start)
            self._sink.version("gorgias/users", start, named)
        leaver, name, email = USERS[2]
        left = self._days_before_end(LEAVES_BEFORE_END)
        if left > start:
            named = gorgias.user(id=leaver, name=name, email=email, role="agent", created=start, deactivated=left)
            self._sink.version("gorgias/users", left, named)
        if (gone := self._days_before_end(GONE_BEFORE_END)) > start:
            self._sink.deletion("gorgias/users", gone, USERS[3][0])

    def _days_before_end(self, days: int) -> datetime:
        return self._plan.midnight(self._plan.last_night - timedelta(days=days)) + timedelta(hours=9)

    def _open(self, person: Person, at: datetime) -> None:
        """A ticket; some are spam, some are trashed days later."""
        rng, later = self._rng, self._plan.later
        ticket = self._create(person, at)
        if rng.random() < 0.05:
            self._write(ticket, later(at, rng.uniform(5, DAY)), is_spam=True)
        else:
            self._handle(ticket)
        if rng.random() < 0.05:
            trashed = later(ticket.updated, rng.uniform(1, 20) * DAY)
            self._write(ticket, trashed, trashed=trashed)

    def _create(self, person: Person, at: datetime) -> Ticket:
        rng, customer = self._rng, self._customer(person, at)
        subject = phrases.subject(person.language, rng)
        fixed = {
            "channel": rng.choices(CHANNELS, (50, 30, 12, 8))[0],
            "subject": subject,
            "excerpt": subject[:20],
            "language": person.language,
            "tags": rng.sample(TAGS, rng.choice((0, 1, 2))),
            "assignee_team": rng.choice((None, *TEAMS)),
        }
        ticket = Ticket(FIRST_TICKET + self._opened, person, customer, at, at, fixed)
        self._opened += 1
        self._say(ticket, at, from_agent=False)
        return ticket

    def _customer(self, person: Person, at: datetime) -> Record:
        """Who wrote, with an address in any case or none; now and then the name is corrected later."""
        if person.index not in self._customers:
            email = written(person.email, self._rng)
            known = {
                "id": FIRST_CUSTOMER + person.index,
                "email": email.strip() if email else None,
                "language": person.language,
                "created": at,
            }
            name = person.name if self._rng.random() < 0.9 else None
            self._customers[person.index] = gorgias.person(known["id"], name, known["email"])
            self._sink.version("gorgias/customers", at, gorgias.customer(**known, name=name, updated=at))
            if self._rng.random() < 0.25:
                corrected = self._plan.later(at, self._rng.uniform(0.5, 20) * DAY)
                record = gorgias.customer(**known, name=f"{person.name} ✓", updated=corrected)
                self._sink.version("gorgias/customers", corrected, record)
        return self._customers[person.index]

    def _handle(self, ticket: Ticket) -> None:
        """Messages go back and forth until the ticket is closed; some are opened again, some never answered."""
        rng, later = self._rng, self._plan.later
        if rng.random() < 0.08:
            return
        ticket.agent = gorgias.person(*rng.choice(USERS[4:]))
        at = later(ticket.created, rng.uniform(2, 200))
        if rng.random() < 0.3:
            at = later(self._say(ticket, at, from_agent=True, is_public=False), 3)
        for _ in range(rng.choices((1, 2, 3), (55, 30, 15))[0]):
            at = later(self._say(ticket, at, from_agent=True), rng.uniform(10, DAY))
            at = later(self._say(ticket, at, from_agent=False), rng.lognormvariate(4.0, 1.0))
        at = later(self._say(ticket, at, from_agent=True), rng.uniform(1, 60))
        self._write(ticket, at, status="closed", closed=at)
        self._survey(ticket, at)
        if rng.random() < 0.12:
            at = self._say(ticket, later(at, rng.uniform(1, 5) * DAY), from_agent=False, status="open", closed=None)
            at = later(at, rng.uniform(5, DAY))
            self._say(ticket, at, from_agent=True, status="closed", closed=at)

    def _say(self, ticket: Ticket, at: datetime, from_agent: bool, is_public: bool = True, **told: Any) -> datetime:
        """A message, with what it changes of its ticket."""
        agent = ticket.agent if from_agent else None
        language = ticket.fixed["language"]
        text = "We have looked into it." if agent else phrases.opinion(language, False, self._rng)
        record = gorgias.message(
            id=FIRST_MESSAGE + self._written,
            ticket_id=ticket.id,
            created=at,
            channel=ticket.fixed["channel"],
            sender=agent or ticket.customer,
            receiver=ticket.customer if agent and is_public else None,
            subject=ticket.fixed["subject"],
            text=text,
            from_agent=from_agent,
            is_public=is_public,
        )
        self._written += 1
        self._sink.version("gorgias/messages", at, record)
        if agent and is_public:
            self._send(record, at)
        latest = {"last_message": at} if from_agent else {"last_message": at, "last_received": at}
        self._write(ticket, at, messages_count=ticket.told["messages_count"] + 1, **latest, **told)
        return at

    def _send(self, message: Record, at: datetime) -> None:
        """What became of a message: sent, perhaps opened a day later, or failed; the list does not move it."""
        rng, moment = self._rng, self._plan.later(at, 1)
        if rng.random() < 0.05:
            failed = {"failed_datetime": gorgias.exact(moment), "last_sending_error": {"error": "Mailbox full"}}
            self._sink.version("gorgias/messages", moment, message | failed | {"is_retriable": True})
            return
        sent = message | {"sent_datetime": gorgias.exact(moment)}
        self._sink.version("gorgias/messages", moment, sent)
        if rng.random() < 0.3:
            opened = self._plan.later(moment, rng.uniform(5, 1.5 * DAY))
            self._sink.version("gorgias/messages", opened, sent | {"opened_datetime": gorgias.exact(opened)})

    def _survey(self, ticket: Ticket, closed: datetime) -> None:
        """A survey is made when a ticket is closed, sent a day later, and scored by some, up to weeks after that."""
        rng, later = self._rng, self._plan.later
        ids = {"id": FIRST_SURVEY + self._surveyed, "ticket_id": ticket.id, "customer_id": ticket.customer["id"]}
        self._surveyed += 1
        self._sink.version("gorgias/satisfaction_surveys", closed, gorgias.survey(**ids, created=closed))
        sent = later(closed, DAY)
        self._sink.version("gorgias/satisfaction_surveys", sent, gorgias.survey(**ids, created=closed, sent=sent))
        if rng.random() < 0.55:
            scored = later(sent, rng.expovariate(1 / (2 * DAY)) + 5)
            score = rng.choices((1, 2, 3, 4, 5), (10, 6, 10, 24, 50))[0]
            text = phrases.opinion(ticket.fixed["language"], score > 3, rng) if rng.random() < 0.5 else None
            record = gorgias.survey(**ids, created=closed, sent=sent, scored=scored, score=score, text=text)
            self._sink.version("gorgias/satisfaction_surveys", scored, record)

    def _write(self, ticket: Ticket, at: datetime, **told: Any) -> None:
        """A version of the ticket, after what is told of it."""
        ticket.told |= told
        ticket.updated = at
        record = gorgias.ticket(
            id=ticket.id,
            created=ticket.created,
            updated=at,
            customer=ticket.customer,
            assignee_user=ticket.agent,
            **ticket.fixed,
            **ticket.told,
        )
        self._sink.version("gorgias/tickets", at, record)
