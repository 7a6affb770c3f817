"""Responses to Zendesk's survey-based CSAT, and the child events of tickets that name them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox.records.writer import stamp

Record = dict[str, Any]
SURVEY = "01J58KJ9RAE0D2EK7HRVM7Z8F2"
RATING_QUESTION = "01GFYBENPDGN1R6NAA4WRDNVF0"
REASON_QUESTION = "01GFYBENPDGN1R6NAA4WRDNVF1"
COMMENT_QUESTION = "01GFYBENPDGN1R6NAA4WRDNVFR"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
OPEN_DAYS = 28


def response_id(created_at: datetime, number: int) -> str:
    """An id as the vendor makes them: the time in milliseconds, then what makes it unique, in 26 letters."""
    value = (int(created_at.timestamp() * 1000) << 80) + number
    return "".join(ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def survey_event(id: int, type: str, response: str) -> Record:
    """A child event ``SurveyOffered`` or ``SurveyResponseSubmitted``."""
    return {"id": id, "via": "Web service", "event_type": type, "type": type, "survey_response_id": response}


def survey_response(
    id: str, ticket_id: int, responder: int, created_at: datetime, answers: Sequence[Record] = ()
) -> Record:
    """A response as it is shown: without answers until the customer has given some."""
    zrn = f"zen:ticket:{ticket_id}"
    return {
        "id": id,
        "responder_id": responder,
        "expires_at": milliseconds(created_at + timedelta(days=OPEN_DAYS)),
        "subject_zrns": [zrn],
        "subjects": [{"id": str(ticket_id), "type": "ticket", "zrn": zrn}],
        "survey": {"id": SURVEY, "version": 3, "state": "enabled"},
        "answers": list(answers),
    }


def rating_answer(rating: int, created_at: datetime, updated_at: datetime) -> Record:
    """The rating on the scale of five; its category is what the account calls good, neutral and bad."""
    category = "good" if rating >= 4 else "bad" if rating <= 2 else "neutral"
    question = {"id": RATING_QUESTION, "type": "rating_scale_numeric", "sub_type": "customer_satisfaction"}
    head = {"type": "rating_scale", "rating": rating, "rating_category": category}
    return {**head, "question": headed(question, "How would you rate the support?"), **times(created_at, updated_at)}


def reason_answer(option: str, at: datetime) -> Record:
    question = {"id": REASON_QUESTION, "type": "closed_ended", "alias": "reason"}
    selections = [{"type": "predefined", "option_id": option}]
    return {"type": "closed_ended", "selections": selections, "question": headed(question, "Why?"), **times(at, at)}


def comment_answer(text: str | None, at: datetime) -> Record:
    """A comment, or a question that was skipped."""
    question = headed({"id": COMMENT_QUESTION, "type": "open_ended", "alias": "comment"}, "Anything else?")
    head = {"type": "skipped"} if text is None else {"type": "open_ended", "value": text}
    return {**head, "question": question, **times(at, at)}


def headed(question: Record, text: str) -> Record:
    return {**question, "headline": {"type": "static", "value": text}}


def times(created_at: datetime, updated_at: datetime) -> Record:
    return {"created_at": milliseconds(created_at), "updated_at": milliseconds(updated_at)}


def milliseconds(moment: datetime) -> str:
    return stamp(moment).replace("Z", ".000Z")
