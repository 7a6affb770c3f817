"""Delighted: archived survey responses, from files. The service closed on 2026-06-30; nothing is extracted live.

Two kinds of archive are read from the drop of the connection ``delighted``: what the API's survey_responses answered,
saved as JSON lists or JSON lines (``survey_responses*.json``, ``.jsonl``), and the web pages' CSV export (``*.csv``).
Cannot see: people who were surveyed and never answered, and anything that was not exported in time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

from cx_etl.sources.file_drop import formats
from cx_etl.sources.file_drop.declaration import declared
from cx_etl.sources.file_drop.streams import source_of, stream_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Until the year 2100; anything else is no time of a response.
Seconds = Annotated[
    int,
    msgspec.Meta(
        ge=0,
        le=4_102_444_800,
        extra={"column": "timestamptz", "convert": lambda seconds: _EPOCH + timedelta(seconds=seconds)},
    ),
]


class Person(msgspec.Struct):
    """Who answered; only the id, unless the archive was made with ``expand[]=person``."""

    id: str
    name: str | None = None
    email: str | None = None
    phone_number: str | None = None


class Property(msgspec.Struct):
    name: str
    value: str | None = None


class Note(msgspec.Struct):
    text: str | None = None
    user_email: str | None = None
    created_at: Seconds | None = None


class Choice(msgspec.Struct):
    id: str | None = None
    text: str | None = None


class AnswerValue(msgspec.Struct):
    free_response: str | None = None
    scale: int | None = None
    select_one: Choice | None = None
    select_many: list[str] | None = None


class Question(msgspec.Struct):
    id: str | None = None
    type: str | None = None
    text: str | None = None


class AdditionalAnswer(msgspec.Struct):
    id: str | None = None
    value: AnswerValue | None = None
    question: Question | None = None


class SurveyResponse(msgspec.Struct):
    """A response as the API gave it."""

    id: str
    person: Person
    score: int
    created_at: Seconds
    survey_type: str | None = None
    comment: str | None = None
    permalink: str | None = None
    updated_at: Seconds | None = None
    person_properties: list[Property] | None = None
    notes: list[Note] | None = None
    tags: list[str] | None = None
    additional_answers: list[AdditionalAnswer] | None = None


# Of the API's archives only the names of the files are declared here; their contract is SurveyResponse.
# No public page lists the columns of the CSV export: a file with other titles is refused, naming what is missing,
# and is read as soon as its titles stand here.
STREAMS = declared(
    [
        {
            "source": "delighted",
            "stream": "survey_responses",
            "pattern": "survey_responses*.json*",
            "key": "id",
            "columns": {"id": "text", "score": "integer", "created_at": "integer"},
        },
        {
            "source": "delighted",
            "stream": "exported_responses",
            "pattern": "*.csv*",
            "key": "response_id",
            "version": "updated_at",
            "time_zone": "UTC",
            "columns": {
                "response_id": {"type": "text", "header": ["Response ID", "ID", "response_id"]},
                "score": {"type": "integer", "header": ["Score", "score"], "required": True},
                "created_at": {"type": "timestamp", "header": ["Created At", "Response Time", "created_at"]},
                "updated_at": {"type": "timestamp", "header": ["Updated At", "updated_at"], "optional": True},
                "survey_type": {"type": "text", "header": ["Survey Type", "survey_type"], "optional": True},
                "comment": {"type": "text", "header": ["Comment", "comment"]},
                "permalink": {"type": "text", "header": ["Permalink", "permalink"], "optional": True},
                "person_id": {"type": "text", "header": ["Person ID", "person_id"], "optional": True},
                "name": {"type": "text", "header": ["Name", "Person Name", "name"], "optional": True},
                "email": {"type": "text", "header": ["Email", "Person Email", "email"], "optional": True},
                "phone_number": {"type": "text", "header": ["Phone Number", "Phone", "phone"], "optional": True},
                "tags": {"type": "text", "header": ["Tags", "tags"], "optional": True},
            },
        },
    ]
)
ARCHIVES, EXPORTS = STREAMS


def _split(body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
    return ((table, _flat(record)) for table, record in formats.split(body))


def _flat(record: msgspec.Raw) -> msgspec.Raw:
    """The record with what may be anything made a list: properties by name, choices by their text."""
    try:
        fields = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
        changed = {
            name: flatten(msgspec.json.decode(fields[name])) for name, flatten in _FLAT.items() if name in fields
        }
    except (msgspec.DecodeError, AttributeError, TypeError):
        # The contract says what is wrong with it.
        return record
    return msgspec.Raw(msgspec.json.encode(fields | changed))


def _person(value: Any) -> Any:
    return value if isinstance(value, dict | None) else {"id": str(value)}


def _properties(value: Any) -> Any:
    return value and [{"name": name, "value": None if each is None else str(each)} for name, each in value.items()]


def _notes(value: Any) -> Any:
    return value and [{"text": note} if isinstance(note, str) else note for note in value]


def _answers(value: Any) -> Any:
    for answer in value or []:
        chosen = (answer.get("value") or {}).get("select_many")
        if chosen:
            answer["value"]["select_many"] = [
                choice["text"] if isinstance(choice, dict) else choice for choice in chosen
            ]
    return value


_FLAT: dict[str, Any] = {
    "person": _person,
    "person_properties": _properties,
    "notes": _notes,
    "additional_answers": _answers,
}


def _last_touched(response: SurveyResponse) -> datetime:
    return _EPOCH + timedelta(seconds=response.updated_at or response.created_at)


SOURCE = source_of(
    "delighted",
    stream_of(ARCHIVES, STREAMS, contract=SurveyResponse, split=_split, version_at=_last_touched),
    stream_of(EXPORTS, STREAMS),
)
