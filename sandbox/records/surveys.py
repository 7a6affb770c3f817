"""AskNicely responses (every number is text) and Typeform forms and responses."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.records.writer import stamp

Record = dict[str, Any]


def unix_text(moment: datetime | None) -> str:
    """A time as AskNicely writes it; "0" stands for never."""
    return "0" if moment is None else str(int(moment.timestamp()))


def nicely_response(
    *,
    response_id: str,
    question_type: str,
    contact_id: str,
    sent: datetime,
    segment: str,
    email: str | None = None,
    name: str | None = None,
    responded: datetime | None = None,
    answer: int | None = None,
    comment: str = "",
    order_id: str | None = None,
    ticket_id: str | None = None,
    channel: str | None = None,
) -> Record:
    """A sent survey, answered when ``responded`` is set; a survey without an answer has answer ""."""
    return {
        "response_id": response_id,
        "person_id": contact_id,
        "contact_id": contact_id,
        "name": name,
        "email": email,
        "answer": "" if answer is None else str(answer),
        "answerlabel": "" if answer is None else str(answer),
        "data": None,
        "comment": comment,
        "note": None,
        "status": "" if responded is None else "responded",
        "dontcontact": None,
        "sent": unix_text(sent),
        "opened": unix_text(responded),
        "responded": unix_text(responded),
        "lastemailed": unix_text(sent),
        "created": unix_text(sent),
        "segment": segment,
        "question_type": question_type,
        "published": "0",
        "publishedname": "",
        "order_id_c": order_id,
        "ticket_id_c": ticket_id,
        "channel_c": channel,
    }


@dataclass(frozen=True)
class Question:
    """A scale question of a form. ``ref`` is what metric declarations name."""

    form_id: str
    field_id: str
    ref: str


def form(id: str, title: str, created_at: datetime) -> Record:
    """A form as the list of forms returns it."""
    return {"id": id, "title": title, "created_at": stamp(created_at), "last_updated_at": stamp(created_at)}


def typeform_response(
    *,
    question: Question,
    key: str,
    landed_at: datetime,
    submitted_at: datetime,
    number: int | None,
    hidden: Mapping[str, str | None],
    extra: Sequence[Record] = (),
) -> Record:
    """A completed response. With nothing answered the ``answers`` key is absent, as the vendor sends it."""
    token = hashlib.sha256(f"{question.form_id}:{key}".encode()).hexdigest()[:32]
    record: Record = {
        "landing_id": token,
        "token": token,
        "response_id": token,
        "response_type": "completed",
        "landed_at": stamp(landed_at),
        "submitted_at": stamp(submitted_at),
        "hidden": dict(hidden),
        "calculated": {"score": 0},
    }
    answers = [*([] if number is None else [scale_answer(question, number)]), *extra]
    return {**record, "answers": answers} if answers else record


def scale_answer(question: Question, number: int) -> Record:
    """The answer to an opinion scale."""
    field = {"id": question.field_id, "type": "opinion_scale", "ref": question.ref}
    return {"field": field, "type": "number", "number": number}


def text_answer(field_id: str, ref: str, text: str) -> Record:
    """The answer to an open question."""
    return {"field": {"id": field_id, "type": "long_text", "ref": ref}, "type": "text", "text": text}
