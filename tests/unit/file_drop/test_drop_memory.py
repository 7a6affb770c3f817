"""A large file lands part by part: what it takes of memory does not grow with it."""

import subprocess
import sys
from pathlib import Path

import pytest

# Lands a file of so many megabytes and prints the most memory that it took, in megabytes.
LANDING = """
import resource, sys, tempfile
from pathlib import Path
from cx_etl.landing import Run
from cx_etl.sources.file_drop import formats
from cx_etl.sources.file_drop.formats.layout import File
from cx_etl.sources.file_drop.limits import Limits
from drop_files import stream

name, megabytes = sys.argv[1], int(sys.argv[2])
row = b'{"id": "1", "note": "%s"}\\n' if name.endswith("jsonl") else b'1,"%s\\n"\\n'
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / name
    with path.open("wb") as out:
        out.write(b"" if name.endswith("jsonl") else b"id,note\\n")
        for _ in range(megabytes * 1000):
            out.write(row % (b"x" * 980))
    survey = formats.survey(File(path, name, stream(["id", "note"]), Limits()))
    run = Run(Path(folder))
    landed = [run.land(number, body) for number, body in enumerate(survey.bodies(path))]
    assert survey.rows == megabytes * 1000 and sum(file.bytes for file in landed) > path.stat().st_size
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
"""


def _peak(name: str, megabytes: int) -> float:
    command = [sys.executable, "-c", LANDING, name, str(megabytes)]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    return float(found.stdout)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_ten_times_the_file_takes_no_more_memory(name: str) -> None:
    assert _peak(name, 160) - _peak(name, 16) < 16
