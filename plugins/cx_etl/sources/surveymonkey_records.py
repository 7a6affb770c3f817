"""What SurveyMonkey's records hold, and how their nested questions and answers become child tables."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from cx_etl.sources.base import MISSHAPEN

Record = dict[str, Any]
# The lists of a question whose entries answers name by id.
CHOICE_KINDS = {"choices": "choice", "rows": "row", "cols": "column"}


class Survey(msgspec.Struct):
    """A survey as the list of surveys shows it. Its dates have no offset and are UTC."""

    id: str
    title: str
    date_modified: datetime
    date_created: datetime | None = None
    nickname: str | None = None
    language: str | None = None
    question_count: int | None = None
    response_count: int | None = None


class Question(msgspec.Struct):
    id: str
    page_id: str
    family: str | None = None
    subtype: str | None = None
    position: int | None = None
    heading: str | None = None


class Choice(msgspec.Struct):
    """Something an answer can name: a choice, a row or column of a matrix, the field for another answer."""

    id: str
    question_id: str
    kind: str
    text: str | None = None
    position: int | None = None
    weight: float | None = None


class SurveyDetails(msgspec.Struct):
    """A survey's questions as of one revision; ``revision`` is its modified date as the vendor writes it."""

    id: str
    revision: str
    title: str
    date_modified: datetime
    questions: list[Question]
    choices: list[Choice]
    language: str | None = None


class Answer(msgspec.Struct):
    question_id: str
    page_id: str | None = None
    choice_id: str | None = None
    row_id: str | None = None
    col_id: str | None = None
    other_id: str | None = None
    text: str | None = None
    weight: str | None = None
    download_url: str | None = None


class Variable(msgspec.Struct):
    name: str
    value: str | None = None


class Response(msgspec.Struct):
    """A response; partial ones become completed under the same id."""

    id: str
    survey_id: str
    response_status: str
    date_created: datetime
    date_modified: datetime
    answers: list[Answer]
    custom_variables: list[Variable] | None = None
    collector_id: str | None = None
    recipient_id: str | None = None
    collection_mode: str | None = None
    custom_value: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    ip_address: str | None = None
    total_time: int | None = None


def responses_of(body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
    """The responses of a page, each with its answers in one list."""
    page = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    for raw in msgspec.json.decode(page["data"], type=list[msgspec.Raw]):
        yield 0, _reshaped(raw, _response)


def details_of(body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
    """The one survey of an answer, with its questions in one list and what they offer in another."""
    yield 0, _reshaped(msgspec.Raw(body), _details)


def _reshaped(raw: msgspec.Raw, reshape: Callable[[Record], Record]) -> msgspec.Raw:
    """The record in its new shape; one that cannot be brought into it stays as it is, and the contract refuses it."""
    try:
        return msgspec.Raw(msgspec.json.encode(reshape(msgspec.json.decode(raw, type=dict[str, Any]))))
    except MISSHAPEN:
        return raw


def _response(record: Record) -> Record:
    answers = [
        {"page_id": page["id"], "question_id": question["id"], **_answer(answer)}
        for page in record.pop("pages")
        for question in page["questions"]
        for answer in question["answers"]
    ]
    variables = record.pop("custom_variables", None) or {}
    named = [{"name": name, "value": None if value is None else str(value)} for name, value in variables.items()]
    return {**record, "answers": answers, "custom_variables": named}


def _answer(answer: Record) -> Record:
    weight = (answer.get("choice_metadata") or {}).get("weight")
    return answer if weight is None else {**answer, "weight": str(weight)}


def _details(record: Record) -> Record:
    asked = [(page["id"], question) for page in record.pop("pages") for question in page["questions"]]
    questions = [{**question, "page_id": page, "heading": _heading(question)} for page, question in asked]
    choices = [choice for _, question in asked for choice in _choices(question)]
    return {**record, "revision": record["date_modified"], "questions": questions, "choices": choices}


def _heading(question: Record) -> str | None:
    texts = [heading["heading"] for heading in question.get("headings") or [] if heading.get("heading")]
    return " ".join(texts) or None


def _choices(question: Record) -> Iterator[Record]:
    """All that an answer to the question can name; a matrix of menus holds choices inside its columns."""
    offered = question.get("answers") or {}
    for name, kind in CHOICE_KINDS.items():
        for entry in offered.get(name) or []:
            yield {**entry, "question_id": question["id"], "kind": kind}
            for inner in entry.get("choices") or []:
                yield {**inner, "question_id": question["id"], "kind": "choice"}
    if offered.get("other"):
        yield {**offered["other"], "question_id": question["id"], "kind": "other"}
