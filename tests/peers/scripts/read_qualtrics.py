"""An independent client lists the surveys and exports each one's responses: read_qualtrics.py URL TOKEN FOLDER.

Prints the surveys, and the responses by survey.
"""

import json
import sys
import zipfile
from pathlib import Path

from qualtrics import QualtricsClient
from qualtrics.api.models import ResponseExportRequest

url, token, folder = sys.argv[1:]
options = ResponseExportRequest(format="json", useLabels=False, timeZone="UTC", sortByLastModifiedDate=True)
surveys, responses = [], {}
with QualtricsClient(token, base_url=url) as client:
    for survey in client.iter_surveys():
        surveys.append(survey.model_dump(by_alias=True))
        file = client.export_responses(survey.id, Path(folder), options=options, poll_interval=0.05).path
        with zipfile.ZipFile(file) as packed:
            (member,) = packed.namelist()
            responses[survey.id] = json.loads(packed.read(member))["responses"]
print(json.dumps({"surveys": surveys, "responses": responses}))
