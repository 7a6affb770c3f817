"""Responses to the survey-based CSAT: each is shown by its id, and ids are known from the events of tickets."""

from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from cx_etl.errors import DataError, RetriableError
from cx_etl.settings import load_settings
from cx_etl.sources.base import NOTHING, Answer, Page, Request, Window
from cx_etl.sources.zendesk import paging
from cx_etl.sources.zendesk.records import SurveyResponse

GONE = 404
EVENTS = "ticket_events"
# Events that are about a survey, whatever the vendor puts between the words.
SURVEY_EVENTS = ("surveyoffered", "surveyresponsesubmitted")


class _Child(msgspec.Struct):
    event_type: str | None = None
    type: str | None = None
    survey_response_id: str | None = None

    @property
    def is_of_survey(self) -> bool:
        return any(_plain(name) in SURVEY_EVENTS for name in (self.event_type, self.type) if name)


class _Event(msgspec.Struct):
    id: int
    timestamp: int
    child_events: list[_Child] | None = None


class _Shown(msgspec.Struct):
    survey_response: msgspec.Raw


class _Identified(msgspec.Struct):
    id: str


_ENVELOPE = paging.time_envelope(EVENTS, list[_Event])


def start(window: Window, page_size: str) -> tuple[Request, ...]:
    """The events of the window, without the text of comments."""
    return paging.export(EVENTS, window, page_size)


def read(answer: Answer) -> Page:
    """Of events, the responses that they name; of a response, itself."""
    if EVENTS in answer.request.path:
        return _read_events(answer)
    if answer.status == GONE:
        return Page(0, bodies=NOTHING, note=f"{answer.request.path}: no longer there")
    asked = answer.request.path.rpartition("/")[2]
    found = msgspec.json.decode(answer.decoded(_Shown).survey_response, type=_Identified).id
    if quote(found, safe="") != asked:
        raise RetriableError(f"zendesk {answer.request.path}: the answer is the response {found}", "run again")
    return Page(1)


def split(body: bytes) -> list[tuple[int, msgspec.Raw]]:
    return [(0, msgspec.json.decode(body, type=_Shown).survey_response)]


def version_at(response: SurveyResponse) -> datetime:
    """The last time that anything happened to it: the event that named it, or a later change of an answer."""
    named = datetime.fromtimestamp(int(response.event_timestamp), UTC)
    return max([named, *(answer.updated_at for answer in response.answers or [] if answer.updated_at)])


def _read_events(answer: Answer) -> Page:
    if answer.status == paging.TIMED_OUT:
        return paging.smaller(answer.request)
    page = answer.decoded(_ENVELOPE)
    named = {id: event.timestamp for event in page.records for id in _named_by(event)}
    shown = tuple(_show(id, timestamp) for id, timestamp in named.items())
    return Page(0, (*shown, *paging.after_time_page(answer.request, page)), bodies=NOTHING)


def _named_by(event: _Event) -> list[str]:
    """The ids of the responses that the event is about. Raises DataError for an event of a survey that names none."""
    about = [child for child in event.child_events or [] if child.survey_response_id or child.is_of_survey]
    if any(not child.survey_response_id for child in about):
        raise DataError(
            f"zendesk survey_responses: ticket event {event.id} is about a survey and names no response",
            "compare with the vendor's audit event reference: the responses of the window would be missing",
        )
    return [child.survey_response_id for child in about if child.survey_response_id]


def _show(id: str, timestamp: int) -> Request:
    locale = load_settings().options.get("zendesk", {}).get("locale", "en-us")
    return Request(
        f"/api/v2/guide/{locale}/survey_responses/{quote(id, safe='')}",
        context={"event_timestamp": str(timestamp)},
        accepts=(GONE,),
    )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalpha())
