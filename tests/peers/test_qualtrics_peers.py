"""Qualtrics as an independent client reads it: the list of surveys, and an export of each."""

from pathlib import Path

import pytest
from rows import assert_same_rows

from peers import run_script
from sandboxes import PASSWORD, Sandbox

RESPONSES = """
    select
        "surveyId", "responseId", "values__recordedDate", "values__lastModifiedDate", "values__startDate",
        values__finished, values__duration, "values__userLanguage", "values__recipientEmail", labels__status
    from raw.qualtrics__responses
"""
ANSWERS = """
    select _parent_key as response, question, value
    from raw.qualtrics__responses__answers
    where question like 'QID%' and value is not null
"""


@pytest.mark.peer("clients")
def test_an_independent_client_exports_the_same_responses(
    sandbox: Sandbox, ours, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cx_etl.sources.qualtrics.FIRST_WAIT_SECONDS", 0.01)
    theirs = run_script("clients", "read_qualtrics.py", f"{sandbox.url}/qualtrics/API/v3", PASSWORD, str(folder))
    surveys = 'select id, name, "ownerId", "isActive", "creationDate", "lastModified" from raw.qualtrics__surveys'
    assert_same_rows(ours("qualtrics", "surveys", surveys), theirs["surveys"])
    responses = [
        {**response, "surveyId": survey} for survey, found in theirs["responses"].items() for response in found
    ]
    assert_same_rows(ours("qualtrics", "responses", RESPONSES), responses)
    answers = [
        {"response": response["responseId"], "question": name, "value": one}
        for response in responses
        for name, value in response["values"].items()
        if name.startswith("QID")
        for one in (value if isinstance(value, list) else [value])
    ]
    assert_same_rows(ours("qualtrics", "responses", ANSWERS), answers)
