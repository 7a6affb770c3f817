"""A chatbot's report exports (Heyday): each morning the conversations of the day before, each Monday the list of teams.

The vendor publishes no column list; these columns stand for a report as a shop would configure it.
"""

import csv
import io
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.generator.people import Person, written
from sandbox.generator.plan import Plan, poisson
from sandbox.generator.sink import Sink
from sandbox.records.workbook import workbook

if TYPE_CHECKING:
    from sandbox.generator.others import Day

# Reports come by mail in the morning.
MORNING = timedelta(hours=6, minutes=10)
CHANNELS = ("Web chat", "Messenger", "WhatsApp", "Instagram")
TEAMS = {"T1": "Orders", "T2": "Returns", "T3": "Loja Lisboa", "T4": "دعم العملاء"}
TITLES = {
    "conversation_id": "Conversation ID",
    "started_at": "Started At",
    "closed_at": "Closed At",
    "channel": "Channel",
    "team": "Team",
    "customer_name": "Customer Name",
    "customer_email": "Customer Email",
    "messages": "Messages",
    "is_handed_over": "Handed Over",
    "score": "Conversation Score",
    "rating": "Rating",
}


def declarations(time_zone: str) -> list[dict[str, Any]]:
    """The [[files]] entries under which these exports are read."""
    moment = {"type": "timestamp", "format": "%d/%m/%Y %H:%M:%S"}
    types: dict[str, Any] = {
        **{name: {"type": "text"} for name in TITLES},
        "started_at": moment,
        "closed_at": moment,
        "messages": {"type": "integer"},
        "is_handed_over": {"type": "boolean"},
        "score": {"type": "decimal"},
        "rating": {"type": "integer"},
    }
    conversations = {
        "source": "heyday",
        "stream": "conversations",
        "pattern": "conversations_*.csv",
        "key": "conversation_id",
        "time_zone": time_zone,
        "decimal_comma": True,
        "columns": {name: {**types[name], "header": title} for name, title in TITLES.items()},
    }
    teams = {
        "source": "heyday",
        "stream": "teams",
        "pattern": "teams.xlsx",
        "key": "team_id",
        "whole": True,
        "skip_rows": 2,
        "columns": {"team_id": "text", "name": "text", "created_on": "date", "seats": "integer"},
    }
    return [conversations, teams]


@dataclass(frozen=True)
class Conversation:
    number: int
    person: Person
    email: str | None
    started: datetime
    closed: datetime | None
    channel: str
    team: str
    messages: int
    handed_over: bool
    score: float
    rating: int | None


@dataclass
class Heyday:
    """Lets people chat, and writes the reports."""

    plan: Plan
    sink: Sink
    rng: Random
    _begun: int = 0
    _open: list[Conversation] = field(default_factory=list)

    def live(self, day: "Day") -> None:
        morning = self.plan.end_of(day.date) + MORNING
        closed = [self._close(each, morning) for each in self._open]
        begun = (
            [self._begin(day) for _ in range(poisson(0.6 + self.plan.customers / 4000, self.rng))]
            if day.present
            else []
        )
        self._open = [each for each in begun if each.closed is None]
        self.sink.file("heyday", morning, f"conversations_{day.date}.csv", self._report([*closed, *begun]))
        if day.date.weekday() == 0:
            self.sink.file("heyday", morning, "teams.xlsx", _teams(day.date))

    def _begin(self, day: "Day") -> Conversation:
        rng, self._begun = self.rng, self._begun + 1
        person, started = rng.choice(day.present), self.plan.moment_in(day.date, rng)
        is_closed = rng.random() < 0.8
        return Conversation(
            number=self._begun,
            person=person,
            email=written(person.email, rng) if rng.random() < 0.8 else None,
            started=started,
            closed=self.plan.later(started, rng.uniform(1, 50)) if is_closed else None,
            channel=rng.choice(CHANNELS),
            team=rng.choice(list(TEAMS)),
            messages=rng.randint(2, 40),
            handed_over=rng.random() < 0.3,
            score=round(rng.uniform(0, 10), 1),
            rating=rng.randint(1, 5) if is_closed and rng.random() < 0.4 else None,
        )

    def _close(self, open_one: Conversation, before: datetime) -> Conversation:
        """The conversation as the next morning's report shows it."""
        closed = min(self.plan.later(open_one.started, self.rng.uniform(60, 1200)), before - timedelta(minutes=5))
        return replace(open_one, closed=closed, messages=open_one.messages + self.rng.randint(1, 9))

    def _report(self, conversations: list[Conversation]) -> bytes:
        """A report as a European spreadsheet would save it."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(TITLES.values())
        writer.writerows(self._row(each) for each in conversations)
        return out.getvalue().encode("utf-8-sig")

    def _row(self, each: Conversation) -> list[Any]:
        return [
            f"hey-{each.number:06}",
            self._local(each.started),
            self._local(each.closed),
            each.channel,
            each.team,
            each.person.name,
            each.email or "",
            each.messages,
            "yes" if each.handed_over else "no",
            str(each.score).replace(".", ","),
            each.rating or "",
        ]

    def _local(self, moment: datetime | None) -> str:
        return moment.astimezone(self.plan.zone).strftime("%d/%m/%Y %H:%M:%S") if moment else ""


def _teams(day: date) -> bytes:
    """The whole list of teams on a day: one of them exists every other week."""
    listed = [team for team in TEAMS if team != "T2" or day.isocalendar().week % 2]
    rows = [[team, TEAMS[team], date(2024, 1, 15), 3 + number] for number, team in enumerate(listed)]
    return workbook(
        {"Teams": [["Team's report"], [f"Exported {day}"], ["team_id", "name", "created_on", "seats"], *rows]}
    )
