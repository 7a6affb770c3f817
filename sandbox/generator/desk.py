"""The helpdesk's people, and the writing of each step of a ticket as an event and a version."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sandbox.generator.people import Person, written
from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.generator.ticket import GROUP, Ticket, organization_of, ticket_record
from sandbox.records import zendesk
from sandbox.records.zendesk import Record

AGENTS = tuple(range(9_000_001, 9_000_013))
LEAVER = AGENTS[3]
FIRST_USER = 6_000_000_000
LEAVES_BEFORE_END = 60


class Desk:
    """Keeps the users and numbers the events."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._known: dict[int, datetime] = {}
        self._opened = plan.midnight(plan.first_night) + timedelta(minutes=1)
        self._left = plan.midnight(plan.last_night - timedelta(days=LEAVES_BEFORE_END)) + timedelta(hours=9)
        self._write_agents()

    def agent(self, at: datetime) -> int:
        """Someone who works here at the time."""
        return self._rng.choice([one for one in AGENTS if one != LEAVER or at < self._left - timedelta(days=15)])

    def user_of(self, person: Person, at: datetime) -> int:
        """The end-user of a person, written when first seen; a few have no e-mail."""
        user_id = FIRST_USER + person.index
        if user_id not in self._known:
            self._known[user_id] = at
            email = written(person.email, self._rng) if self._rng.random() > 0.06 else None
            record = zendesk.user(
                id=user_id,
                created_at=at,
                updated_at=at,
                role="end-user",
                name=person.name,
                email=email,
                locale=person.language,
                time_zone=self._plan.time_zone,
                organization_id=organization_of(user_id),
            )
            self._sink.version("zendesk/users", at, record)
        return user_id

    def someone_else(self, user_id: int) -> int | None:
        """Another end-user seen before, if there is one."""
        others = [known for known in self._known if known != user_id]
        return self._rng.choice(others) if others else None

    def create(self, ticket: Ticket, author: int) -> None:
        """The event and version of a ticket's creation, with its first public comment."""
        first = ticket.id * 1000
        fields = {"status": ticket.status, "priority": ticket.priority, "subject": ticket.subject}
        children = [zendesk.creation(first + n, name, value) for n, (name, value) in enumerate(fields.items())]
        children.append(zendesk.comment(first + 9, author, ticket.description))
        self._write(ticket, ticket.created, author, children)

    def comment(
        self, ticket: Ticket, at: datetime, author: int, body: str, status: str | None = None, public: bool = True
    ) -> None:
        """A comment, with the change of status that comes with it."""
        first = ticket.id * 1000 + ticket.events * 10
        changes = {} if status is None else {"status": (status, ticket.status)}
        if public and author in AGENTS:
            ticket.reply(at)
        if status is not None:
            ticket.move(status, at)
        children = [*_changes(first, changes), zendesk.comment(first + 9, author, body, public)]
        self._write(ticket, at, author, children)

    def assign(self, ticket: Ticket, at: datetime, agent: int) -> None:
        """Hand over a ticket, which opens it."""
        changes = {"assignee_id": (agent, ticket.assignee), "status": ("open", ticket.status)}
        ticket.assign(agent, at)
        ticket.move("open", at)
        self._write(ticket, at, agent, _changes(ticket.id * 1000 + ticket.events * 10, changes))

    def change(self, ticket: Ticket, at: datetime, updater: int | None, status: str) -> None:
        """A change of status without a comment."""
        changes = {"status": (status, ticket.status)}
        ticket.move(status, at)
        self._write(ticket, at, updater, _changes(ticket.id * 1000 + ticket.events * 10, changes))

    def tag(self, ticket: Ticket, at: datetime, tag: str) -> None:
        """Add a tag."""
        changes = {"tags": ([*ticket.tags, tag], list(ticket.tags))}
        ticket.tags.append(tag)
        self._write(ticket, at, None, _changes(ticket.id * 1000 + ticket.events * 10, changes))

    def touch(self, ticket: Ticket, at: datetime) -> None:
        """A system update: no event, and only the generated timestamp moves."""
        self._sink.version("zendesk/tickets", at, ticket_record(ticket, at))

    def _write(self, ticket: Ticket, at: datetime, updater: int | None, children: list[Record]) -> None:
        event_id = ticket.id * 100 + ticket.events
        ticket.events += 1
        ticket.updated = at
        event = zendesk.ticket_event(event_id, ticket.id, at, updater, children)
        self._sink.version("zendesk/ticket_events", at, event)
        self._sink.version("zendesk/tickets", at, ticket_record(ticket, at))

    def _write_agents(self) -> None:
        """All agents exist from the first night; the one who leaves becomes an inactive end-user."""
        for agent in AGENTS:
            self._sink.version("zendesk/users", self._opened, self._agent_record(agent, self._opened, False))
        if self._left > self._opened:
            self._sink.version("zendesk/users", self._left, self._agent_record(LEAVER, self._left, True))

    def _agent_record(self, agent: int, updated: datetime, has_left: bool) -> Record:
        return zendesk.user(
            id=agent,
            created_at=self._opened,
            updated_at=updated,
            role="end-user" if has_left else "agent",
            name=f"Agent {agent - AGENTS[0] + 1}",
            email=None if has_left else f"agent.{agent - AGENTS[0] + 1}@shop.example",
            active=not has_left,
            suspended=has_left,
            locale="en",
            time_zone=self._plan.time_zone,
            group_id=GROUP,
        )


def _changes(first_id: int, changes: Mapping[str, tuple[Any, Any]]) -> list[Record]:
    return [
        zendesk.change(first_id + position, name, value, previous)
        for position, (name, (value, previous)) in enumerate(changes.items())
    ]
