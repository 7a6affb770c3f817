"""SurveyMonkey as a published open-source connector reads it."""

from pathlib import Path

import pytest
from rows import assert_same_rows

from peers import Connector
from sandboxes import Sandbox

CONNECTOR = Connector("airbyte_surveymonkey", "source_surveymonkey", "https://api.surveymonkey.com")
CONFIG = {
    "start_date": "2020-01-01T00:00:00Z",
    "credentials": {"auth_method": "oauth2.0", "access_token": "token-of-a-peer"},
}
SURVEYS = """
    select id, title, language, question_count, response_count, date_created, date_modified
    from raw.surveymonkey__surveys
    where _deleted_at is null
"""
RESPONSES = """
    select
        id, survey_id, collector_id, recipient_id, response_status, custom_value, first_name, last_name, email_address,
        total_time, date_created, date_modified
    from raw.surveymonkey__responses
    where _deleted_at is null
"""
ANSWERS = """
    select given._parent_key as response, given.question_id, given.choice_id, given.text
    from raw.surveymonkey__responses__answers as given
    inner join raw.surveymonkey__responses as response on given._parent_key = response.id
    where response._deleted_at is null
"""


@pytest.mark.peer("airbyte_surveymonkey")
def test_another_connector_brings_the_same_rows(sandbox: Sandbox, ours, folder: Path) -> None:
    theirs = CONNECTOR.read(f"{sandbox.url}/surveymonkey", CONFIG, ["surveys", "survey_responses"], folder)
    assert_same_rows(ours("surveymonkey", "surveys", SURVEYS), theirs["surveys"])
    assert_same_rows(ours("surveymonkey", "responses", RESPONSES), theirs["survey_responses"])
    answers = [
        {"response": response["id"], "question_id": question["id"], **answer}
        for response in theirs["survey_responses"]
        for page in response["pages"]
        for question in page["questions"]
        for answer in question["answers"]
    ]
    assert_same_rows(ours("surveymonkey", "responses", ANSWERS), answers)
