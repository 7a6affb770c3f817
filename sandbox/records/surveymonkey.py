"""SurveyMonkey surveys with their questions, and responses whose answers carry ids only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]
PROMOTERS = {9: 100, 10: 100, 7: 0, 8: 0}


def naive(moment: datetime) -> str:
    """A survey's date: UTC without saying so."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def offset(moment: datetime) -> str:
    """A response's date."""
    return naive(moment) + "+00:00"


@dataclass(frozen=True)
class Question:
    """A question: its id, what it asks, and what it offers."""

    id: str
    family: str
    subtype: str
    heading: str
    choices: tuple[Record, ...] = ()
    rows: tuple[Record, ...] = ()
    other: Record | None = None

    def shown(self, position: int) -> Record:
        """The question as the details of a survey show it."""
        answers: Record = {"choices": list(self.choices)} if self.choices else {}
        answers |= {"rows": list(self.rows)} if self.rows else {}
        answers |= {"other": self.other} if self.other else {}
        record = {
            "id": self.id,
            "position": position,
            "visible": True,
            "family": self.family,
            "subtype": self.subtype,
            "headings": [{"heading": self.heading}],
            "required": None,
            "validation": None,
        }
        return {**record, "answers": answers} if answers else record


def choice(id: str, text: str, position: int, weight: int | None = None) -> Record:
    """Something that an answer names by its id."""
    record = {"id": id, "text": text, "position": position, "visible": True}
    return record if weight is None else {**record, "weight": weight}


def likelihood(question_id: str, heading: str) -> Question:
    """The recommendation question: a matrix of one row whose choices 0 to 10 weigh -100, 0 or 100."""
    scale = tuple(
        choice(f"{question_id}{number:02d}", str(number), number + 1, PROMOTERS.get(number, -100))
        for number in range(11)
    )
    return Question(question_id, "matrix", "rating", heading, scale, (choice(f"{question_id}90", "", 1),))


def survey(
    *,
    id: str,
    title: str,
    language: str,
    created_at: datetime,
    modified_at: datetime,
    page_title: str,
    questions: Sequence[Question],
) -> Record:
    """A survey of one page with all its questions."""
    page = {
        "id": f"{id}1",
        "title": page_title,
        "description": "",
        "position": 1,
        "question_count": len(questions),
        "questions": [question.shown(number) for number, question in enumerate(questions, start=1)],
    }
    return {
        "id": id,
        "title": title,
        "nickname": "",
        "language": language,
        "date_created": naive(created_at),
        "date_modified": naive(modified_at),
        "question_count": len(questions),
        "page_count": 1,
        "buttons_text": {"next_button": "Next", "done_button": "Done"},
        "custom_variables": {},
        "href": f"https://api.surveymonkey.com/v3/surveys/{id}",
        "pages": [page],
    }


def response(
    *,
    id: str,
    survey_id: str,
    status: str,
    created_at: datetime,
    modified_at: datetime,
    answers: Mapping[str, Sequence[Record]],
    variables: Mapping[str, str],
    email: str | None,
    name: str | None,
    recipient_id: str,
) -> Record:
    """A response; what is not known of the recipient is an empty text, and nobody's id is "0" or empty."""
    first, _, last = (name or "").partition(" ")
    questions = [{"id": question, "answers": list(given)} for question, given in answers.items()]
    return {
        "id": id,
        "survey_id": survey_id,
        "collector_id": f"{survey_id}5",
        "recipient_id": recipient_id,
        "response_status": status,
        "collection_mode": "default",
        "custom_value": "",
        "custom_variables": dict(variables),
        "first_name": first,
        "last_name": last,
        "email_address": email or "",
        "ip_address": "",
        "total_time": int((modified_at - created_at).total_seconds()),
        "date_created": offset(created_at),
        "date_modified": offset(modified_at),
        "logic_path": {},
        "metadata": {},
        "page_path": [],
        "href": f"https://api.surveymonkey.com/v3/surveys/{survey_id}/responses/{id}",
        "pages": [{"id": f"{survey_id}1", "questions": questions}],
    }
