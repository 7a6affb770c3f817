"""Answers of every survey tool and helpdesk, from the sandbox to scored responses, against the dataset's own files."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cx_etl import transform
from cx_etl.dbt_runner import DbtRun
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.settings import load_settings
from pipelines import Built, bring_in, build_models, pipeline
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
SOURCES = ("zendesk", "freshdesk", "gorgias", "surveymonkey", "qualtrics")
Counts = Counter[tuple[str, str, int | None]]


@pytest.fixture(scope="module")
def sandbox(
    small_dataset: Path, postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    """The sandbox after its last night, with the systems loaded that a data set need not have."""
    state = tmp_path_factory.mktemp("survey_systems")
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(small_dataset, state, "UTC", postgres, patch, "survey_systems") as (server, _),
    ):
        patch.setenv("CX_SOURCES", ",".join(SOURCES))
        bring_in(server, NIGHT, "UTC")
        yield server


@pytest.fixture(scope="module")
def responses(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Every response with its score."""
    settings = load_settings()
    with psycopg.connect(settings.warehouse_dsn) as connection:
        transform._write_declarations(connection, settings)
        connection.execute(
            "insert into ops.builds (night, as_of_date, status) values (%s, %s, 'running')", (NIGHT, NIGHT)
        )
    build_models(DbtRun(settings, 1, NIGHT, lambda line: None), "int_survey_responses__joined")
    return Built(settings.warehouse_dsn).rows("select * from intermediate.int_survey_responses__joined")


def _newest(sandbox: Sandbox, stream: str, key: str = "id") -> Iterator[dict[str, Any]]:
    """The newest version of each record that exists now."""
    found: dict[Any, tuple[str, dict[str, Any] | None]] = {}
    with gzip.open(sandbox.dataset / f"{stream}.jsonl.gz", "rt") as lines:
        for line in map(json.loads, lines):
            if datetime.fromisoformat(line["at"]) > NOW:
                continue
            record = None if line.get("deleted") else {**line["record"], "form": line.get("form_id")}
            name = str(line["id"] if record is None else record[key])
            if name not in found or found[name][0] <= line["at"]:
                found[name] = line["at"], record
    return (record for _, record in found.values() if record is not None)


def _said(responses: list[dict[str, Any]], source: str) -> Counts:
    return Counter((row["source"], row["question"], row["score"]) for row in responses if row["source"] == source)


def test_zendesk_surveys_of_today(sandbox: Sandbox, responses: list[dict[str, Any]]) -> None:
    ratings: Counter[int | None] = Counter()
    for response in _newest(sandbox, "zendesk/survey_responses"):
        given = [answer["rating"] for answer in response["answers"] if answer["type"] == "rating_scale"]
        ratings[given[0] if given else None] += 1
    rows = [row for row in responses if row["question"] == "customer_satisfaction"]
    assert Counter(row["score"] for row in rows) == ratings
    assert len(ratings) > 3
    assert all(row["sent_at"] < row["responded_at"] for row in rows if row["responded_at"])
    assert all(row["sent_at"] and row["ticket_key"] for row in rows)


def test_freshdesk_moods(sandbox: Sandbox, responses: list[dict[str, Any]]) -> None:
    points = {103: 3, 100: 2, -103: 1}
    expected = Counter(
        ("freshdesk", "satisfaction_rating", points[rating["ratings"]["default_question"]])
        for rating in _newest(sandbox, "freshdesk/satisfaction_ratings")
    )
    assert _said(responses, "freshdesk") == expected
    assert len(expected) > 1


def test_gorgias_surveys_once_sent(sandbox: Sandbox, responses: list[dict[str, Any]]) -> None:
    sent = [each for each in _newest(sandbox, "gorgias/satisfaction_surveys") if each["sent_datetime"]]
    expected = Counter(("gorgias", "satisfaction_survey", each["score"]) for each in sent)
    assert _said(responses, "gorgias") == expected
    assert len(expected) > 3


def test_surveymonkey_recommendations(sandbox: Sandbox, responses: list[dict[str, Any]]) -> None:
    """The choice's id names the number: 5101 and two digits. Partial responses and other surveys are not scored."""
    expected: Counts = Counter()
    for response in _newest(sandbox, "surveymonkey/responses"):
        if response["survey_id"] == "410000001" and response["response_status"] == "completed":
            questions = [q for page in response["pages"] for q in page["questions"] if q["id"] == "5101"]
            expected["surveymonkey", "5101", int(questions[0]["answers"][0]["choice_id"][-2:])] += 1
    said = _said(responses, "surveymonkey")
    assert Counter({key: n for key, n in said.items() if key[1] == "5101"}) == expected
    assert len(expected) > 3
    assert {key[1:] for key in said} - {key[1:] for key in expected} == {(None, None)}


def test_qualtrics_asks_two_things_in_one_form(sandbox: Sandbox, responses: list[dict[str, Any]]) -> None:
    expected: Counts = Counter()
    for response in _newest(sandbox, "qualtrics/responses", "responseId"):
        if response["form"] == "SV_care00000001":
            for question in ("QID1", "QID2"):
                expected["qualtrics", question, response["values"][question]] += 1
    said = _said(responses, "qualtrics")
    assert Counter({key: n for key, n in said.items() if key[1]}) == expected
    metrics = {row["question"]: (row["metric"], row["metric_variant"]) for row in responses if row["metric"] == "nps"}
    assert metrics["QID2"] == ("nps", "nps")
    assert all(row["metric"] == "csat" for row in responses if row["question"] == "QID1")
