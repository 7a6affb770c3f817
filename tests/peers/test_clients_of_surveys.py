"""A published client of Qualtrics reads the sandbox as the vendor, and finds the responses that ours finds."""

from pathlib import Path

import pytest

from peers import run_script
from sandboxes import Sandbox

QUALTRICS = """
import json, sys, zipfile
from qualtrics import QualtricsClient
from qualtrics.api.models import ResponseExportRequest

address, folder = sys.argv[1:]
found = {}
with QualtricsClient("t", base_url=address) as client:
    for survey in client.surveys.iter():
        options = ResponseExportRequest(format="ndjson", useLabels=False)
        done = client.responses.export(survey.id, folder, options=options, poll_interval=0.01)
        with zipfile.ZipFile(done.path) as archive:
            lines = archive.read(archive.namelist()[0]).splitlines()
        records = [record for record in map(json.loads, lines) if record]
        found[survey.id] = {record["responseId"]: record["values"]["QID1"] for record in records}
print(json.dumps(found))
"""


@pytest.mark.peer("clients")
def test_qualtrics_as_another_client_reads_it(sandbox: Sandbox, ours, folder: Path) -> None:
    theirs = run_script("clients", QUALTRICS, f"{sandbox.url}/qualtrics/API/v3", str(folder))
    surveys = ours("qualtrics", "surveys", "select id from raw.qualtrics__surveys")
    assert {row["id"] for row in surveys} == set(theirs)
    responses = ours(
        "qualtrics",
        "responses",
        'select "surveyId" as survey, "responseId" as id, value from raw.qualtrics__responses'
        " inner join raw.qualtrics__responses__answers on _parent_key = \"responseId\" where question = 'QID1'",
    )
    assert len(responses) > 40
    assert {(row["survey"], row["id"], int(row["value"])) for row in responses} == {
        (survey, key, value) for survey, found in theirs.items() for key, value in found.items()
    }
