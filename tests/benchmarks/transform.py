"""What a night costs by how much of it is new: ``python -m tests.benchmarks.transform [--scale 1]``.

At scale 1 there are 1 million tickets, 2 million orders and half a million answers. A build of everything, one with
nothing new, and one with a hundredth of them changed, each in a process of its own.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from sandbox.generate import generate
from tests.benchmarks.copies import copy_world, touch
from tests.benchmarks.measuring import ROOT, Bench, Figures, bench, show

sys.path.insert(0, str(ROOT / "tests"))
from pipelines import bring_in
from sandboxes import serving

NIGHT = date(2026, 11, 20)
ZONE = "Europe/Lisbon"
TICKETS, ORDERS, ANSWERS = 1_000_000, 2_000_000, 500_000
ONE_IN = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()
    with bench() as found, _small_world(found.folder):
        with found.connect() as connection:
            counts = copy_world(connection, *(round(options.scale * each) for each in (TICKETS, ORDERS, ANSWERS)))
        notes = {f"rows of {table}": f"{rows:,}" for table, rows in counts.items()}
        rounds = {"everything": [_build(found)], "nothing new": [_build(found)]}
        with found.connect() as connection:
            notes["rows changed"] = f"{touch(connection, ONE_IN):,}"
        rounds["one in a hundred changed"] = [_build(found)]
    whole = _cost(rounds["everything"][0])
    for name in list(rounds)[1:]:
        notes[f"CPU of {name}"] = f"{100 * _cost(rounds[name][0]) / whole:.1f} % of everything"
    show("transform", sum(counts.values()), rounds, notes)


@contextmanager
def _small_world(folder: Path) -> Iterator[None]:
    """A generated world, loaded as of its last night."""
    dataset = folder / "dataset"
    generate(dataset, seed=11, customers=150, nights=260, time_zone=ZONE)
    with pytest.MonkeyPatch.context() as patch, serving(dataset) as sandbox:
        patch.setenv("CX_DATASET", str(dataset))
        patch.setenv("CX_TIME_ZONE", ZONE)
        sandbox.connect(patch)
        bring_in(sandbox, NIGHT, ZONE)
        yield


def _build(found: Bench) -> Figures:
    figures, told = found.apart("tests.benchmarks.transform_once", NIGHT.isoformat())
    print(f"{told['rows_changed']:,} rows of marts, {figures.seconds:.0f} s", flush=True)
    return figures


def _cost(figures: Figures) -> float:
    return figures.cpu + figures.server_cpu


if __name__ == "__main__":
    main()
