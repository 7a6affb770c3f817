"""Surveys: recommendation and five stars after orders (AskNicely), effort after tickets (Typeform)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sandbox.generator import phrases
from sandbox.generator.people import Person, written
from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.generator.store import Order
from sandbox.generator.support import Outcome
from sandbox.generator.truths import Diary
from sandbox.records.surveys import Question, form, nicely_response, text_answer, typeform_response

EFFORT = Question(form_id="cxEffort1", field_id="opEffort0001", ref="ces_agree")
# Its scale looks like NPS, but nobody declared it: it must not be scored.
UNDECLARED = Question(form_id="cxIdeas01", field_id="opIdeas00001", ref="idea_score")
FIRST_RESPONSE = 100_001
DAY = 24 * 60
NPS_HAPPY = (0, 0, 1, 1, 1, 3, 5, 12, 22, 28, 27)
NPS_UNHAPPY = (12, 6, 8, 9, 9, 14, 14, 12, 9, 4, 3)
STARS_HAPPY = (2, 3, 9, 28, 58)
STARS_UNHAPPY = (30, 22, 24, 16, 8)


@dataclass(frozen=True)
class Survey:
    """One AskNicely survey: what is asked, how likely it is answered and with what."""

    question_type: str
    metrics: tuple[str, ...]
    lowest: int
    happy: tuple[int, ...]
    unhappy: tuple[int, ...]
    answer_rate: float
    first_good: int


NPS = Survey("nps", ("nps",), 0, NPS_HAPPY, NPS_UNHAPPY, 0.5, 9)
STARS = Survey("fivestar", ("csat_top2", "csat_top2:asknicely"), 1, STARS_HAPPY, STARS_UNHAPPY, 0.52, 4)


class Surveys:
    """Sends surveys and lets some be answered."""

    def __init__(self, plan: Plan, sink: Sink, diary: Diary, rng: Random) -> None:
        self._plan, self._sink, self._diary, self._rng = plan, sink, diary, rng
        self._sent = 0
        opened = plan.midnight(plan.first_night) + timedelta(minutes=1)
        for question, title in ((EFFORT, "How easy was it?"), (UNDECLARED, "Ideas for the shop")):
            sink.version("typeform/forms", opened, form(question.form_id, title, opened))

    def after_order(self, order: Order) -> None:
        """Five stars after the delivery, recommendation some weeks after the order; only with an address."""
        rng, later = self._rng, self._plan.later
        if order.email is None or order.cancelled:
            return
        if order.delivered and rng.random() < 0.72:
            self._ask(STARS, order, later(order.delivered, rng.uniform(0.5, 3) * DAY))
        if rng.random() < 0.6:
            self._ask(NPS, order, later(order.placed, rng.uniform(20, 40) * DAY))
        if rng.random() < 0.04:
            self._fill_undeclared(order)

    def after_ticket(self, outcome: Outcome) -> None:
        """Effort after a solved ticket; a few leave the scale blank."""
        rng = self._rng
        if outcome.solved is None or rng.random() > 0.4:
            return
        at = self._plan.later(outcome.solved, rng.expovariate(1 / 900) + 10)
        is_happy = rng.random() < (0.4 if outcome.is_slow else 0.85)
        weights = STARS_HAPPY if is_happy else STARS_UNHAPPY
        number = None if rng.random() < 0.03 else rng.choices((1, 2, 3, 4, 5), weights)[0]
        hidden = {"ticket_id": str(outcome.ticket_id), "channel": outcome.channel}
        self._fill(EFFORT, f"ticket {outcome.ticket_id}", outcome.person, at, number, is_happy, hidden)
        if number is not None:
            self._diary.answered(("ces_agree",), at, int(number >= 4))

    def _ask(self, survey: Survey, order: Order, sent: datetime) -> None:
        rng = self._rng
        is_happy = rng.random() < (0.25 if order.is_late or order.refunded else 0.88)
        asked: dict[str, Any] = {
            "response_id": str(FIRST_RESPONSE + self._sent),
            "question_type": survey.question_type,
            "contact_id": str(40_000 + order.person.index),
            "name": order.person.name,
            "email": written(order.person.email, rng),
            "sent": sent,
            "segment": order.person.place[0],
            "order_id": order.gid,
            "channel": rng.choice(("email", "app")),
        }
        self._sent += 1
        self._sink.version("asknicely/responses", sent, nicely_response(**asked), key="response_id")
        if rng.random() < survey.answer_rate:
            wait = 70 * DAY if rng.random() < 0.01 else rng.expovariate(1 / (1.6 * DAY)) + 3
            self._answer(survey, asked, self._plan.later(sent, wait), is_happy, order.person)

    def _answer(self, survey: Survey, asked: dict[str, Any], at: datetime, is_happy: bool, person: Person) -> None:
        """Answer a survey; now and then with a value outside the scale, which must not be scored."""
        rng = self._rng
        weights = survey.happy if is_happy else survey.unhappy
        answer = rng.choices(range(survey.lowest, survey.lowest + len(weights)), weights)[0]
        is_stray = rng.random() < 0.003
        shown = survey.lowest + len(weights) if is_stray else answer
        comment = phrases.opinion(person.language, is_happy, rng) if rng.random() < 0.45 else ""
        record = nicely_response(**asked, responded=at, answer=shown, comment=comment)
        self._sink.version("asknicely/responses", at, record, key="response_id")
        if is_stray:
            return
        is_detractor = survey is NPS and answer <= 6
        self._diary.answered(survey.metrics, at, int(answer >= survey.first_good) - int(is_detractor))

    def _fill_undeclared(self, order: Order) -> None:
        at = self._plan.later(order.placed, self._rng.uniform(1, 10) * DAY)
        number = self._rng.randint(0, 10)
        hidden = {"order_id": order.gid}
        self._fill(UNDECLARED, f"order {order.number}", order.person, at, number, number > 5, hidden)

    def _fill(
        self,
        question: Question,
        key: str,
        person: Person,
        at: datetime,
        number: int | None,
        is_happy: bool,
        hidden: dict[str, str],
    ) -> None:
        rng = self._rng
        text = phrases.opinion(person.language, is_happy, rng)
        extra = [text_answer("txComment001", "comment", text)] if rng.random() < 0.4 else []
        record = typeform_response(
            question=question,
            key=key,
            landed_at=at - timedelta(minutes=2),
            submitted_at=at,
            number=number,
            hidden={"customer_email": written(person.email, rng), **hidden},
            extra=extra,
        )
        stream = "typeform/responses"
        self._sink.version(stream, at, record, key="response_id", form_id=question.form_id)
