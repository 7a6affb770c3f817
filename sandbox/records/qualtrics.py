"""Qualtrics surveys as the list shows them, and responses as a JSON export holds them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.records.writer import stamp

Record = dict[str, Any]


def survey(*, id: str, name: str, created_at: datetime, modified_at: datetime, is_active: bool) -> Record:
    """A survey without its questions."""
    return {
        "id": id,
        "name": name,
        "ownerId": "UR_sandbox",
        "lastModified": stamp(modified_at),
        "creationDate": stamp(created_at),
        "isActive": is_active,
    }


def response(
    *,
    id: str,
    started_at: datetime,
    ended_at: datetime,
    recorded_at: datetime,
    answers: Mapping[str, Any],
    labels: Mapping[str, Any],
    language: str,
    email: str | None,
    name: str | None,
    is_finished: bool = True,
) -> Record:
    """A response; answers and embedded data stand among its values under their own ids. Without an e-mail the key is
    absent.
    """
    first, _, last = (name or "").partition(" ")
    person = {} if email is None else {"recipientEmail": email, "recipientFirstName": first, "recipientLastName": last}
    values = {
        "startDate": stamp(started_at),
        "endDate": stamp(ended_at),
        "status": 0,
        "ipAddress": "",
        "progress": 100 if is_finished else 60,
        "duration": int((ended_at - started_at).total_seconds()),
        "finished": int(is_finished),
        "recordedDate": stamp(recorded_at),
        "_recordId": id,
        **person,
        "distributionChannel": "anonymous" if email is None else "email",
        "userLanguage": language.upper(),
        **answers,
    }
    words = {"status": "IP Address", "finished": "True" if is_finished else "False", **labels}
    asked = [name for name in answers if name.startswith("QID")]
    return {
        "responseId": id,
        "values": values,
        "labels": words,
        "displayedFields": asked,
        "displayedValues": {name: [] for name in asked},
    }
