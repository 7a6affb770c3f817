"""Support: the story of each ticket, and the ratings that follow."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from sandbox.generator import phrases
from sandbox.generator.desk import Desk
from sandbox.generator.people import Person
from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.generator.ticket import GROUP, Ticket
from sandbox.generator.truths import Diary
from sandbox.records import zendesk

FIRST_TICKET = 100_001
FIRST_RATING = 300_000_001
CHANNELS = ("email", "web", "chat", "api")
DAY = 24 * 60


@dataclass(frozen=True)
class Outcome:
    """What others need to know of a ticket: its whole story, which lies partly in the future."""

    ticket_id: int
    person: Person
    channel: str
    solved: datetime | None
    is_slow: bool
    ticket: Ticket
    deleted: datetime | None


class Support:
    """Simulates tickets one at a time, in the order of their creation."""

    def __init__(self, plan: Plan, sink: Sink, diary: Diary, rng: Random) -> None:
        self._plan, self._sink, self._diary, self._rng = plan, sink, diary, rng
        self._desk = Desk(plan, sink, rng)
        self._opened = 0
        self._rated = 0

    def open_ticket(self, person: Person, at: datetime) -> Outcome:
        """Simulate a ticket from its creation to its end."""
        ticket = self._create(person, at)
        excluded = ticket.created if "test" in ticket.tags else None
        if self._rng.random() < 0.02:
            excluded = self._plan.later(at, self._rng.uniform(3, 30))
            self._desk.tag(ticket, excluded, "spam")
        else:
            self._handle(ticket)
        deleted = self._maybe_delete(ticket)
        self._note(ticket, min((t for t in (excluded, deleted) if t), default=None))
        if ticket.solved:
            self._rate(ticket)
        is_slow = ticket.reply_time[0] is None or ticket.reply_time[0] > 300
        return Outcome(ticket.id, person, ticket.channel, ticket.solved, is_slow, ticket, deleted)

    def _create(self, person: Person, at: datetime) -> Ticket:
        """A new ticket; a few are opened by an agent on the customer's behalf."""
        rng = self._rng
        requester = self._desk.user_of(person, at)
        author = self._desk.agent(at) if rng.random() < 0.04 else requester
        subject = phrases.subject(person.language, rng)
        ticket = Ticket(
            id=FIRST_TICKET + self._opened,
            requester=requester,
            submitter=author,
            language=person.language,
            created=at,
            updated=at,
            channel=rng.choices(CHANNELS, (50, 30, 15, 5))[0],
            subject=subject,
            description=f"{subject}\n{phrases.opinion(person.language, False, rng)}",
            priority=rng.choices(("low", "normal", "high", "urgent"), (15, 65, 15, 5))[0],
            tags=[f"language__{person.language}", *(["test"] if rng.random() < 0.008 else [])],
        )
        self._opened += 1
        self._desk.create(ticket, author)
        return ticket

    def _handle(self, ticket: Ticket) -> None:
        """Assign, reply, perhaps go back and forth, solve, perhaps reopen, close. Some are never answered."""
        rng, desk, later = self._rng, self._desk, self._plan.later
        agent = desk.agent(ticket.created)
        at = later(ticket.created, rng.uniform(2, 40))
        desk.assign(ticket, at, agent)
        at = self._before_reply(ticket, at, agent)
        if rng.random() < 0.05:
            return
        at = later(at, rng.lognormvariate(4.2, 1.1))
        desk.comment(ticket, at, agent, "Thank you for writing, we are looking into it.", "pending")
        for _ in range(rng.choices((0, 1, 2), (55, 33, 12))[0]):
            at = self._exchange(ticket, at, agent)
        if rng.random() < 0.04:
            return
        at = later(at, rng.uniform(10, 1.5 * DAY))
        desk.comment(ticket, at, agent, "This should be settled now.", "solved")
        self._after_solving(ticket, at, agent)

    def _before_reply(self, ticket: Ticket, at: datetime, agent: int) -> datetime:
        """Things that look like a first reply and are not: an internal note, a copied customer's comment."""
        if self._rng.random() < 0.2:
            at = self._plan.later(at, self._rng.uniform(1, 20))
            self._desk.comment(ticket, at, agent, "Internal: asked the warehouse.", public=False)
        copied = self._desk.someone_else(ticket.requester) if self._rng.random() < 0.02 else None
        if copied is not None:
            at = self._plan.later(at, self._rng.uniform(1, 20))
            self._desk.comment(ticket, at, copied, phrases.opinion(ticket.language, False, self._rng))
        return at

    def _exchange(self, ticket: Ticket, at: datetime, agent: int) -> datetime:
        """The customer answers, the agent answers back."""
        body = phrases.opinion(ticket.language, False, self._rng)
        at = self._plan.later(at, self._rng.uniform(20, 1.2 * DAY))
        self._desk.comment(ticket, at, ticket.requester, body, "open")
        at = self._plan.later(at, self._rng.lognormvariate(4.5, 1.0))
        self._desk.comment(ticket, at, agent, "We have checked it for you.", "pending")
        return at

    def _after_solving(self, ticket: Ticket, at: datetime, agent: int) -> None:
        rng, desk, later = self._rng, self._desk, self._plan.later
        if rng.random() < 0.07:
            at = later(at, rng.uniform(60, 3 * DAY))
            body = phrases.opinion(ticket.language, False, rng)
            desk.comment(ticket, at, ticket.requester, body, "open")
            if rng.random() < 0.2:
                return
            at = later(at, rng.uniform(30, 2 * DAY))
            desk.comment(ticket, at, agent, "Settled again, sorry.", "solved")
        at = later(at, 4 * DAY)
        desk.change(ticket, at, None, "closed")
        if rng.random() < 0.04:
            desk.touch(ticket, later(at, rng.uniform(1, 10) * DAY))

    def _maybe_delete(self, ticket: Ticket) -> datetime | None:
        """Some tickets are deleted later on, spam more often."""
        if self._rng.random() > (0.4 if "spam" in ticket.tags else 0.012):
            return None
        at = self._plan.later(ticket.updated, self._rng.uniform(11, 30) * DAY)
        self._desk.change(ticket, at, None, "deleted")
        return at

    def _note(self, ticket: Ticket, excluded: datetime | None) -> None:
        if ticket.first_reply is not None:
            self._diary.replied(ticket.created, ticket.first_reply, excluded)
        if ticket.first_solved is not None:
            self._diary.solved(ticket.first_solved, ticket.first_reopened, excluded)

    def _rate(self, ticket: Ticket) -> None:
        """A rating of a solved ticket: only offered, or good or bad, and now and then changed the day after."""
        rng, solved = self._rng, ticket.solved or ticket.created
        luck = rng.random()
        if luck > 0.75:
            return
        rating = FIRST_RATING + self._rated
        self._rated += 1
        if luck > 0.45:
            at = self._plan.later(solved, DAY)
            self._write_rating(ticket, rating, at, at, "offered", None)
            return
        at = self._plan.later(solved, rng.expovariate(1 / 600) + 5)
        is_good = rng.random() < (0.55 if (ticket.reply_time[0] or 999) > 300 else 0.85)
        comment = phrases.opinion(ticket.language, is_good, rng) if rng.random() < 0.4 else None
        self._write_rating(ticket, rating, at, at, "good" if is_good else "bad", comment)
        changed = self._plan.later(at, DAY) if is_good and self._rated % 29 == 0 else None
        self._diary.answered(("csat_top2", "csat_top2:zendesk"), at, int(is_good), until=changed)
        if changed is not None:
            self._write_rating(ticket, rating, at, changed, "bad", comment)
            self._diary.answered(("csat_top2", "csat_top2:zendesk"), changed, 0)

    def _write_rating(
        self, ticket: Ticket, rating: int, created: datetime, at: datetime, score: str, comment: str | None
    ) -> None:
        record = zendesk.satisfaction_rating(
            id=rating,
            ticket_id=ticket.id,
            score=score,
            created_at=created,
            updated_at=at,
            requester_id=ticket.requester,
            assignee_id=ticket.assignee,
            group_id=GROUP,
            comment=comment,
        )
        self._sink.version("zendesk/satisfaction_ratings", at, record)
