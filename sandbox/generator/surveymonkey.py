"""SurveyMonkey: what customers say of the shop after an order, and of the packaging; edited, completed, deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.generator import phrases
from sandbox.generator.people import written
from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.generator.store import Order
from sandbox.records import surveymonkey as records
from sandbox.records.surveymonkey import Question, choice

if TYPE_CHECKING:
    from sandbox.generator.others import Day

SHOP, PACKAGING, PILOT, DRAFT = "410000001", "410000002", "410000003", "410000004"
FIRST_RESPONSE = 11_400_000_001
MINUTES_OF_A_DAY = 24 * 60
LIKELY = records.likelihood("5101", "Would you recommend us? / Порекомендуете ли вы нас?")
COMMENT = Question("5102", "open_ended", "essay", "What should we do better?")
BOXES = (choice("520101", "Cardboard box", 1), choice("520102", "Saco de papel ♻️", 2), choice("520103", "Пакет", 3))
BOX = Question(
    "5201", "single_choice", "vertical", "What did it come in?", BOXES, other=choice("520190", "Something else", 4)
)
# A choice was reworded and another one taken out; answers given before name both.
BOX_LATER = Question(
    "5201",
    "single_choice",
    "vertical",
    "What did it come in?",
    (choice("520101", "A cardboard box", 1), BOXES[1]),
    other=BOX.other,
)


@dataclass
class Filled:
    """A response in the making."""

    id: str
    survey: str
    person: dict[str, Any]
    variables: Mapping[str, str]
    created: datetime

    def version(self, status: str, at: datetime, answers: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
        return records.response(
            id=self.id,
            survey_id=self.survey,
            status=status,
            created_at=self.created,
            modified_at=at,
            answers=answers,
            variables=self.variables,
            **self.person,
        )


class SurveyMonkey:
    """Surveys are made on the first day, one changes and one is deleted later; responses follow orders."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._filled = 0
        self._pilot_ends = self._day(plan.nights // 2, 9)
        self._make(SHOP, "How was the shop?", "ru", "Магазин", (LIKELY, COMMENT), self._day(0, 1))
        self._make(PACKAGING, "Packaging", "en", "The box 📦", (BOX, COMMENT), self._day(0, 2))
        self._make(PILOT, "Pilot, please ignore", "pt", "Página", (COMMENT,), self._day(0, 3))
        self._make(DRAFT, "Rascunho", "pt", "", (COMMENT,), self._day(plan.nights - 6, 10))
        self._make(PACKAGING, "Packaging", "en", "The box 📦", (BOX_LATER, COMMENT), self._day(plan.nights - 34, 11))
        sink.deletion("surveymonkey/surveys", self._pilot_ends, PILOT)

    def live(self, day: "Day") -> None:
        """Some of the day's orders are talked about some days later."""
        for order in day.orders:
            if not order.test and self._rng.random() < 0.4:
                self._fill(order, self._rng.choices((SHOP, PACKAGING, PILOT), (6, 3, 1))[0])

    def _day(self, number: int, hour: int) -> datetime:
        """An hour of the world's n-th day, or of its first one."""
        return self._plan.midnight(self._plan.first_night + timedelta(days=max(0, number))) + timedelta(hours=hour)

    def _make(
        self, id: str, title: str, language: str, page: str, questions: tuple[Question, ...], at: datetime
    ) -> None:
        record = records.survey(
            id=id,
            title=title,
            language=language,
            created_at=self._day(0, 1),
            modified_at=at,
            page_title=page,
            questions=questions,
        )
        self._sink.version("surveymonkey/surveys", at, record)

    def _fill(self, order: Order, survey: str) -> None:
        """A response: often complete at once, sometimes left half-way, later completed, corrected or deleted."""
        rng, later = self._rng, self._plan.later
        started = later(order.placed, rng.uniform(2, 12) * MINUTES_OF_A_DAY)
        if survey == PILOT and started > self._pilot_ends - timedelta(days=3):
            return
        filled = self._start(order, survey, started)
        answers = self._answers(order, survey)
        at = later(started, rng.uniform(1, 9))
        if survey != PILOT and rng.random() < 0.25:
            first = dict(list(answers.items())[:1])
            self._write(filled, "partial", at, first)
            if rng.random() < 0.4:
                return
            at = later(at, rng.expovariate(1 / (2 * MINUTES_OF_A_DAY)) + 5)
        self._write(filled, "completed", at, answers)
        if survey != PILOT:
            self._change(filled, order, at)
        else:
            self._sink.deletion("surveymonkey/responses", self._pilot_ends, filled.id)

    def _start(self, order: Order, survey: str, at: datetime) -> Filled:
        rng = self._rng
        is_known = order.email is not None and rng.random() < 0.8
        person = {
            "email": written(order.person.email, rng) if is_known else None,
            "name": order.person.name if is_known else None,
            "recipient_id": str(900_000 + order.person.index) if is_known else rng.choice(("", "0")),
        }
        self._filled += 1
        variables = {"order_id": order.gid, "channel": rng.choice(("email", "web"))}
        return Filled(str(FIRST_RESPONSE + self._filled), survey, person, variables, at)

    def _answers(self, order: Order, survey: str) -> dict[str, list[dict[str, Any]]]:
        rng = self._rng
        is_happy = rng.random() < (0.3 if order.is_late or order.refunded else 0.85)
        comment = {"5102": [{"text": phrases.opinion(order.person.language, is_happy, rng), "tag_data": []}]}
        if survey == SHOP:
            number = rng.choice((8, 9, 9, 10, 10) if is_happy else (0, 2, 4, 6, 7))
            weight = {"weight": str(records.PROMOTERS.get(number, -100))}
            named = {"choice_id": f"5101{number:02d}", "row_id": "510190", "choice_metadata": weight}
            return {"5101": [named], **comment}
        if survey == PACKAGING:
            if rng.random() < 0.1:
                return {"5201": [{"other_id": "520190", "text": "حقيبة قماش"}], **comment}
            return {"5201": [{"choice_id": rng.choice(BOXES)["id"]}], **comment}
        return comment

    def _change(self, filled: Filled, order: Order, at: datetime) -> None:
        """Now and then an answer is corrected weeks later, or the response is deleted."""
        rng, later = self._rng, self._plan.later
        chance = rng.random()
        if chance < 0.06:
            corrected = later(at, rng.uniform(1, 25) * MINUTES_OF_A_DAY)
            self._write(filled, "completed", corrected, self._answers(order, filled.survey))
        elif chance < 0.09:
            gone = later(at, rng.uniform(1, 20) * MINUTES_OF_A_DAY)
            self._sink.deletion("surveymonkey/responses", gone, filled.id)

    def _write(self, filled: Filled, status: str, at: datetime, answers: Mapping[str, list[dict[str, Any]]]) -> None:
        self._sink.version("surveymonkey/responses", at, filled.version(status, at, answers))
