"""Qualtrics: how customers found the help they got, after a ticket; and a survey of the shop that was closed."""

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.generator import phrases
from sandbox.generator.people import written
from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.generator.support import Outcome
from sandbox.records import qualtrics as records

if TYPE_CHECKING:
    from sandbox.generator.others import Day

CARE, SHOP, EMPTY = "SV_care00000001", "SV_shop00000001", "SV_void00000001"
SATISFACTION = ("Very unhappy", "Unhappy", "Neutral", "Happy", "Very happy 😀")
TOPICS = ("Delivery", "Qualidade", "السعر", "Support")
DAY = 24 * 60


class Qualtrics:
    """Surveys are made on the first day; responses follow tickets, and some orders until that survey is closed."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._filled = 0
        opened = plan.midnight(plan.first_night) + timedelta(minutes=7)
        self._closes = plan.midnight(plan.first_night + timedelta(days=plan.nights * 2 // 3)) + timedelta(hours=8)
        for survey, name in ((CARE, "Care ♥ atendimento"), (SHOP, "The shop"), (EMPTY, "Nobody answers")):
            self._survey(survey, name, opened, opened, True)
        self._survey(SHOP, "The shop", opened, self._closes, False)

    def live(self, day: "Day") -> None:
        """Some of the day's solved tickets and orders are answered for."""
        for outcome in day.tickets:
            if outcome.solved and self._rng.random() < 0.7:
                self._after_ticket(outcome, outcome.solved)
        for order in day.orders:
            if order.placed < self._closes - timedelta(days=20) and self._rng.random() < 0.12:
                begun = self._plan.later(order.placed, self._rng.uniform(1, 9) * DAY)
                embedded = {"order_id": order.gid, "channel": "app"}
                self._fill(SHOP, order.person, begun, not order.is_late, embedded)

    def _survey(self, id: str, name: str, created: datetime, modified: datetime, is_active: bool) -> None:
        record = records.survey(id=id, name=name, created_at=created, modified_at=modified, is_active=is_active)
        self._sink.version("qualtrics/surveys", modified, record)

    def _after_ticket(self, outcome: Outcome, solved: datetime) -> None:
        begun = self._plan.later(solved, self._rng.expovariate(1 / DAY) + 20)
        embedded = {"ticket_id": str(outcome.ticket_id), "channel": outcome.channel}
        self._fill(CARE, outcome.person, begun, not outcome.is_slow, embedded)

    def _fill(self, survey: str, person: Any, begun: datetime, is_happy: bool, embedded: dict[str, str]) -> None:
        """A response; one session in ten is left open and recorded only days later; a few are edited or deleted."""
        rng, later = self._rng, self._plan.later
        ended = later(begun, rng.uniform(1, 12))
        recorded = later(ended, rng.uniform(0.3, 6) * DAY) if rng.random() < 0.1 else ended
        self._filled += 1
        made: dict[str, Any] = {
            "id": f"R_{self._filled:015d}",
            "started_at": begun,
            "ended_at": ended,
            "recorded_at": recorded,
            "language": person.language,
            "email": written(person.email, rng) if rng.random() < 0.8 else None,
            "name": person.name,
        }
        self._write(survey, recorded, made, self._answers(person.language, is_happy), embedded)
        chance = rng.random()
        if chance < 0.07:
            edited = later(recorded, rng.uniform(2, 40) * DAY)
            self._write(survey, edited, made, self._answers(person.language, not is_happy), embedded)
        elif chance < 0.1:
            self._sink.deletion("qualtrics/responses", later(recorded, rng.uniform(1, 20) * DAY), made["id"])

    def _answers(self, language: str, is_happy: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """Values by question, and their labels: a scale, its recommendation with its group, topics, and a text."""
        rng = self._rng
        scale = rng.choice((4, 4, 5) if is_happy else (1, 2, 3))
        likely = rng.choice((8, 9, 10) if is_happy else (0, 3, 6))
        topics = sorted(rng.sample(range(len(TOPICS)), rng.randint(0, 3)))
        group = 1 if likely <= 6 else 2 if likely <= 8 else 3
        values = {
            "QID1": scale,
            "QID2": likely,
            "QID2_NPS_GROUP": group,
            "QID3": [str(topic + 1) for topic in topics],
        }
        labels = {
            "QID1": SATISFACTION[scale - 1],
            "QID2_NPS_GROUP": ("Detractor", "Passive", "Promoter")[group - 1],
            "QID3": [TOPICS[topic] for topic in topics],
        }
        if rng.random() < 0.6:
            values["QID4_TEXT"] = phrases.opinion(language, is_happy, rng)
        return values, labels

    def _write(
        self,
        survey: str,
        at: datetime,
        made: dict[str, Any],
        answers: tuple[dict[str, Any], dict[str, Any]],
        embedded: dict[str, str],
    ) -> None:
        record = records.response(**made, answers={**answers[0], **embedded}, labels=answers[1])
        self._sink.version("qualtrics/responses", at, record, key="responseId", id=made["id"], form_id=survey)
