"""A small random world of surveys in raw tables, and its metrics computed the slow, obvious way."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import psycopg

ZONE = ZoneInfo("Asia/Karachi")
FIRST, AS_OF = date(2026, 1, 5), date(2026, 4, 20)
WINDOW = 30
# question: metric, scale, direction. "ideas" is asked on a scale of eleven and declared as nothing.
QUESTIONS = {
    "nps": ("nps", 0, 10, "high_is_good"),
    "csat": ("csat", 1, 5, "high_is_good"),
    "csat3": ("csat", 1, 3, "high_is_good"),
    "thumbs": ("csat", 0, 1, "high_is_good"),
    "effort": ("ces", 1, 5, "high_is_good"),
    "hardship": ("ces", 1, 5, "low_is_good"),
    "ease": ("ces", 1, 7, "high_is_good"),
    "strain": ("ces", 1, 7, "low_is_good"),
    "ideas": (None, 0, 10, "high_is_good"),
}
META = "'main', '2026-04-20', 'r', now(), '', now(), now()"
META_COLUMNS = "_account, _night, _run_id, _loaded_at, _row_hash, _version_at, _observed_at"
Judge = Callable[["Response"], int]


@dataclass(frozen=True)
class Response:
    """A survey sent, and its answer if there is one."""

    id: str
    question: str
    customer: int | None
    sent: datetime
    answered: datetime | None
    answer: int | None
    comment: str
    channel: str

    @property
    def metric(self) -> str | None:
        return QUESTIONS[self.question][0]

    @property
    def is_scored(self) -> bool:
        _, low, high, _ = QUESTIONS[self.question]
        return self.metric is not None and self.answer is not None and low <= self.answer <= high

    @property
    def good(self) -> int:
        """The answer counted so that a high number is good."""
        _, low, high, direction = QUESTIONS[self.question]
        assert self.answer is not None
        return self.answer if direction == "high_is_good" else low + high - self.answer

    @property
    def day(self) -> date:
        assert self.answered is not None
        return self.answered.astimezone(ZONE).date()

    @property
    def sent_day(self) -> date:
        return self.sent.astimezone(ZONE).date()

    @property
    def is_in_time(self) -> bool:
        return self.answered is not None and (self.day - self.sent_day).days <= WINDOW

    @property
    def is_elapsed(self) -> bool:
        return self.sent_day + timedelta(days=WINDOW) <= AS_OF

    @property
    def who(self) -> str:
        """An answer of nobody known is a customer of its own."""
        return self.id if self.customer is None else f"customer {self.customer}"


def make_responses(rng: Random) -> list[Response]:
    made = [_response(rng, number) for number in range(700)]
    return [*made, *_thousand_of_seven()]


def _response(rng: Random, number: int) -> Response:
    question = rng.choice([*QUESTIONS, "nps", "nps"])
    _, low, high, _ = QUESTIONS[question]
    sent = datetime(2026, 1, 4, 19, tzinfo=UTC) + timedelta(minutes=rng.randrange(0, 107 * 24 * 60))
    is_answered = rng.random() < 0.6
    answered = sent + timedelta(minutes=rng.choice((30, 60 * 24 * rng.randrange(1, 45)))) if is_answered else None
    answer = rng.choice([*range(low, high + 1), *range(low, high + 1), high + 1, None]) if answered else None
    comment = rng.choice(("", "  ", "بہت اچھا", "meh")) if answered else ""
    customer = rng.choice((None, *range(12)))
    return Response(f"r{number}", question, customer, sent, answered, answer, comment, rng.choice(("email", "app")))


def _thousand_of_seven() -> Iterator[Response]:
    """The answers for which METRICS gives the three values of effort on seven points, all on one day, as a channel."""
    counts = (80, 210, 140, 110, 160, 180, 120)
    noon = datetime(2026, 2, 2, 12, tzinfo=UTC)
    answers = [point for point, count in enumerate(counts, start=1) for _ in range(count)]
    for number, answer in enumerate(answers):
        yield Response(f"seven{number}", "ease", None, noon, noon, answer, "", "golden")


def write_responses(connection: psycopg.Connection, responses: Iterable[Response]) -> None:
    statement = (
        "insert into raw.asknicely__responses (response_id, question_type, email, answer, comment, sent, responded,"
        f" channel_c, {META_COLUMNS}) values (%s, %s, %s, %s, %s, %s, %s, %s, {META})"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [
                (
                    each.id,
                    each.question,
                    None if each.customer is None else f" C{each.customer}@Shop.example",
                    each.answer,
                    each.comment,
                    each.sent,
                    each.answered,
                    each.channel,
                )
                for each in responses
            ],
        )


@dataclass(frozen=True)
class Contact:
    """A comment in a customer's ticket, by the agent or the customer, public or not."""

    ticket: int
    customer: int
    at: datetime
    by_agent: bool
    is_public: bool

    @property
    def is_seen(self) -> bool:
        return self.by_agent and self.is_public


def make_contacts(rng: Random) -> list[Contact]:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    tickets = [(1000 + n, rng.randrange(12)) for n in range(25)]
    return [
        # Only an agent can write a note.
        Contact(ticket, customer, start + timedelta(minutes=rng.randrange(150_000)), is_note or by_agent, not is_note)
        for ticket, customer in tickets
        for is_note, by_agent in ((False, True), (True, True), (False, rng.random() < 0.5))
    ]


def write_contacts(connection: psycopg.Connection, contacts: list[Contact]) -> None:
    """The tickets, their people and their comments, as a helpdesk tells them."""
    agent, opened = 99, datetime(2026, 1, 1, tzinfo=UTC)
    people = [(agent, "agent", "agent@shop.example")] + [(n, "end-user", f"c{n}@shop.example") for n in range(12)]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into raw.zendesk__users (id, role, email, {META_COLUMNS}) values (%s, %s, %s, {META})", people
        )
        cursor.executemany(
            "insert into raw.zendesk__tickets (id, status, requester_id, submitter_id, assignee_id, created_at,"
            f" {META_COLUMNS}) values (%s, 'open', %s, %s, %s, %s, {META})",
            sorted({(each.ticket, each.customer, each.customer, agent, opened) for each in contacts}),
        )
        for number, each in enumerate(contacts):
            author = agent if each.by_agent else each.customer
            cursor.execute(
                "insert into raw.zendesk__ticket_events (id, ticket_id, created_at, updater_id,"
                f" {META_COLUMNS}) values (%s, %s, %s, %s, {META})",
                (number, each.ticket, each.at, author),
            )
            cursor.execute(
                "insert into raw.zendesk__ticket_events__child_events (id, event_type, author_id, public, _account,"
                " _parent_key, _position, _night, _run_id, _loaded_at)"
                " values (%s, 'Comment', %s, %s, 'main', %s, 0, '2026-04-20', 'r', now())",
                (number, author, each.is_public, str(number)),
            )
