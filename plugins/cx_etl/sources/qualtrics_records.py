"""What Qualtrics' records hold, and how the values of a response, named by its questions, become a child table."""

from collections.abc import Iterator
from datetime import datetime
from itertools import zip_longest
from typing import Annotated, Any

import msgspec

from cx_etl.contract import utc

Record = dict[str, Any]


class Meta(msgspec.Struct, rename="camel"):
    http_status: Annotated[str, msgspec.Meta(pattern=r"^[1-5]\d\d\b")]


class Envelope(msgspec.Struct):
    """What every answer but a file has: the status by the vendor's own word, such as "200 - OK"."""

    meta: Meta


class Survey(msgspec.Struct, rename="camel"):
    """A survey as the list of surveys shows it."""

    id: str
    name: str
    last_modified: datetime
    creation_date: datetime | None = None
    is_active: bool | None = None
    owner_id: str | None = None


class Values(msgspec.Struct, rename="camel"):
    """What a response is besides its answers."""

    recorded_date: datetime
    start_date: datetime | None = None
    end_date: datetime | None = None
    last_modified_date: datetime | None = None
    status: int | None = None
    progress: int | None = None
    duration: int | None = None
    finished: int | None = None
    distribution_channel: str | None = None
    user_language: str | None = None
    ip_address: str | None = None
    recipient_email: str | None = None
    recipient_first_name: str | None = None
    recipient_last_name: str | None = None
    external_data_reference: str | None = None


class Labels(msgspec.Struct):
    """The vendor's words for some of them."""

    status: str | None = None
    finished: str | None = None


class Answer(msgspec.Struct):
    """One value of a question or of embedded data, as text; a question with several choices has several."""

    question: str
    value: str | None = None
    label: str | None = None


class Response(msgspec.Struct, rename="camel"):
    """A response; ``survey_id`` is not in the vendor's record but in the context of the request that fetched it."""

    response_id: str
    values: Values
    answers: list[Answer]
    survey_id: str = ""
    labels: Labels | None = None
    displayed_fields: list[str] | None = None


METADATA = {field.encode_name for field in msgspec.structs.fields(Values)}
LABELLED = {field.encode_name for field in msgspec.structs.fields(Labels)}


def surveys_of(body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
    """The surveys of a page of the list."""
    result = msgspec.json.decode(body, type=dict[str, msgspec.Raw])["result"]
    elements = msgspec.json.decode(result, type=dict[str, msgspec.Raw])["elements"]
    return ((0, survey) for survey in msgspec.json.decode(elements, type=list[msgspec.Raw]))


def responses_of(body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
    """The responses of a file's part, one a line; the vendor sends empty objects between them."""
    for line in body.splitlines():
        if is_response(line):
            yield 0, _reshaped(msgspec.Raw(line))


def changed_at(response: Response) -> datetime:
    """The clock of the vendor's filter: when the response was recorded or, later, modified."""
    values = response.values
    return max(utc(moment) for moment in (values.recorded_date, values.last_modified_date) if moment)


def is_response(line: bytes) -> bool:
    return line.strip() not in (b"", b"{}")


def _reshaped(raw: msgspec.Raw) -> msgspec.Raw:
    """The record in its new shape; one that cannot be brought into it stays as it is, and the contract refuses it."""
    try:
        return msgspec.Raw(msgspec.json.encode(_response(msgspec.json.decode(raw, type=Record))))
    except (ValueError, KeyError, TypeError, AttributeError):
        return raw


def _response(record: Record) -> Record:
    """Whatever is no metadata of the response is an answer: questions by their id, embedded data by its name."""
    values = {_name(name): value for name, value in record["values"].items()}
    labels = record.get("labels") or {}
    asked = [name for name in {**values, **labels} if name not in METADATA]
    answers = [answer for name in asked for answer in _answers(name, values.get(name), labels.get(name))]
    known = {name: value for name, value in values.items() if name in METADATA}
    known["finished"] = None if known.get("finished") is None else int(known["finished"])
    words = {name: word for name, word in labels.items() if name in LABELLED}
    return {**record, "values": known, "labels": words, "answers": answers}


def _name(name: str) -> str:
    """The modified date is a column that is added on request, of no documented spelling."""
    return "lastModifiedDate" if name.strip("_").lower() == "lastmodifieddate" else name


def _answers(question: str, value: Any, label: Any) -> Iterator[Record]:
    """One answer per entry of a list."""
    for one, word in zip_longest(_entries(value), _entries(label)):
        yield {"question": question, "value": _text(one), "label": _text(word)}


def _entries(value: Any) -> list[Any]:
    """The entries of a list; an empty one still says that the question was answered, with nothing."""
    return (value or [None]) if isinstance(value, list) else [value]


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
