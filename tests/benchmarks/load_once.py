"""One load in a process of its own: ``python -m tests.benchmarks.load_once NIGHT``."""

import sys
from datetime import date

from cx_etl.load import load
from tests.benchmarks.measuring import report

if __name__ == "__main__":
    report(lambda: load("zendesk", "tickets", date.fromisoformat(sys.argv[1])).as_dict())
