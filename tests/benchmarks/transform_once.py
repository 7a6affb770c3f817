"""One build of the night, for the benchmark beside it."""

import sys
from datetime import date

from cx_etl import transform
from tests.benchmarks.measuring import report

if __name__ == "__main__":
    report(lambda: transform.build(date.fromisoformat(sys.argv[1]), lambda line: print(line, flush=True)).as_dict())
