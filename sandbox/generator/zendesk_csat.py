"""The survey-based CSAT of the helpdesk: offered after a solution, answered by some, and changed by a few."""

from datetime import datetime
from random import Random

from sandbox.generator import phrases
from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.generator.support import DAY, Outcome
from sandbox.generator.ticket import Ticket
from sandbox.generator.truths import Diary
from sandbox.records import zendesk
from sandbox.records import zendesk_surveys as records
from sandbox.records.zendesk import Record

FIRST_EVENT = 900_000_000_001
CREDITED = ("csat_top2", "csat_top2:zendesk")
NOT_RESOLVED = "01M4FMXA30Z079V8E8P0BM67D9"


class Csat:
    """Writes responses, and the events of tickets that name them."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._offered = self._events = 0

    def offer(self, outcome: Outcome, solved: datetime, diary: Diary) -> None:
        """Ask the customer; wait for what comes. An answer that is changed later counts until then."""
        rng, later = self._rng, self._plan.later
        at = later(solved, rng.uniform(60, 240))
        key = records.response_id(at, self._offered)
        self._offered += 1
        response = records.survey_response(key, outcome.ticket.id, outcome.ticket.requester, at)
        self._write(outcome.ticket, at, "SurveyOffered", response)
        if rng.random() > 0.6:
            return
        answered = later(at, rng.expovariate(1 / 900) + 5)
        rating = rng.choice((1, 2, 3)) if outcome.is_slow else rng.choice((3, 4, 5, 5))
        rest = self._rest(outcome.ticket, rating, answered)
        self._answer(outcome.ticket, response, answered, [records.rating_answer(rating, answered, answered), *rest])
        again = later(answered, rng.uniform(60, 2 * DAY)) if rng.random() < 0.15 else None
        diary.answered(CREDITED, answered, int(rating >= 4), until=again)
        if again:
            diary.answered(CREDITED, again, 0)
            self._answer(outcome.ticket, response, again, [records.rating_answer(1, answered, again), *rest])

    def _rest(self, ticket: Ticket, rating: int, at: datetime) -> list[Record]:
        """A comment or none, and a reason where the customer is unhappy."""
        comment = phrases.opinion(ticket.language, rating > 3, self._rng) if self._rng.random() < 0.5 else None
        reasons = [records.reason_answer(NOT_RESOLVED, at)] if rating < 3 else []
        return [records.comment_answer(comment, at), *reasons]

    def _answer(self, ticket: Ticket, response: Record, at: datetime, answers: list[Record]) -> None:
        self._write(ticket, at, "SurveyResponseSubmitted", {**response, "answers": answers})

    def _write(self, ticket: Ticket, at: datetime, kind: str, response: Record) -> None:
        number = FIRST_EVENT + self._events
        self._events += 1
        child = records.survey_event(number * 10, kind, response["id"])
        self._sink.version("zendesk/ticket_events", at, zendesk.ticket_event(number, ticket.id, at, None, [child]))
        self._sink.version("zendesk/survey_responses", at, response)
