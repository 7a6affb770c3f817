"""One extraction in a process of its own: ``python -m tests.benchmarks.extract_once NIGHT``."""

import sys
from datetime import date

from cx_etl.extract import extract
from tests.benchmarks.measuring import report

if __name__ == "__main__":
    report(lambda: extract("zendesk", "tickets", date.fromisoformat(sys.argv[1])).as_dict())
