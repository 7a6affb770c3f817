"""How fast and flat a load is, beside PostgreSQL's own COPY: ``python -m tests.benchmarks.load [--rows N]``.

Landed pages of tickets go through contract and quarantine into the typed raw table. Beside it, in the same rounds:
binary COPY of the very same rows from a ready file into an equal logged table, with and without its primary key.
Then the same night again with no row, one and ten in a hundred changed.
"""

import argparse
from collections import defaultdict
from datetime import date
from pathlib import Path

from cx_etl.contract import shape_of
from cx_etl.sources.zendesk import Ticket
from cx_etl.warehouse import table_ddl
from tests.benchmarks.land_tickets import land
from tests.benchmarks.measuring import Bench, Figures, bench, median, show

TABLE = "raw.zendesk__tickets"
NIGHTS = {0: date(2026, 11, 10), 1: date(2026, 11, 11), 10: date(2026, 11, 12)}
Rounds = dict[str, list[Figures]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with bench() as found:
        for changed, night in NIGHTS.items():
            land(night, options.rows, changed)
        rounds: Rounds = defaultdict(list)
        for _ in range(options.rounds):
            _one_round(found, rounds)
        few = _memory_of_few(found, options.rows // 100)
    show("load", options.rows, rounds, _notes(options.rows, rounds, few))


def _one_round(found: Bench, rounds: Rounds) -> None:
    _empty(found)
    rounds["first load"].append(_load(found, 0))
    file = _as_binary(found)
    rounds["load again, nothing changed"].append(_load(found, 0))
    rounds["load again, 1 of 100 changed"].append(_load(found, 1))
    # These 10 of 100 include the ones just changed, which are equal now.
    rounds["load again, 9 more of 100 changed"].append(_load(found, 10))
    for name, keys in (("COPY, primary key", ("id",)), ("COPY, no primary key", ())):
        _make_copy_table(found, bool(keys))
        rounds[name].append(found.here(lambda: _copy(found, file)))


def _load(found: Bench, changed: int) -> Figures:
    figures, told = found.apart("tests.benchmarks.load_once", NIGHTS[changed].isoformat())
    assert told["rejected"] == 0
    return figures


def _empty(found: Bench) -> None:
    with found.connect() as connection:
        connection.execute(f"truncate {TABLE}, ops.watermarks, ops.loads, ops.undeclared_fields")


def _as_binary(found: Bench) -> Path:
    """The raw table's rows as the file that COPY likes best."""
    path = found.folder / "rows.bin"
    statement = f"copy {TABLE} to stdout (format binary)"
    with found.connect() as connection, path.open("wb") as file, connection.cursor().copy(statement) as copy:
        file.writelines(copy)
    return path


def _make_copy_table(found: Bench, has_key: bool) -> None:
    with found.connect() as connection:
        connection.execute("drop table if exists raw.copied")
        connection.execute(table_ddl("copied", shape_of(Ticket), ("id",))[0])
        if not has_key:
            connection.execute("alter table raw.copied drop constraint copied_pkey")


def _copy(found: Bench, path: Path) -> None:
    statement = "copy raw.copied from stdin (format binary)"
    with found.connect() as connection, path.open("rb") as file, connection.cursor().copy(statement) as copy:
        while part := file.read(1 << 18):
            copy.write(part)


def _memory_of_few(found: Bench, rows: int) -> float:
    """What a load of few rows takes, to see that memory does not follow the rows."""
    night = date(2026, 11, 13)
    land(night, rows, 0)
    _empty(found)
    figures, _ = found.apart("tests.benchmarks.load_once", night.isoformat())
    return figures.memory_mb


def _notes(rows: int, rounds: Rounds, few: float) -> dict[str, str]:
    loads = median(rounds["first load"])
    notes = {
        f"share of {name}": ", ".join(
            f"{copy.seconds / load.seconds:.0%}" for load, copy in zip(rounds["first load"], rounds[name], strict=True)
        )
        for name in ("COPY, primary key", "COPY, no primary key")
    }
    same = median(rounds["load again, nothing changed"]).seconds
    for name, share in (("load again, 1 of 100 changed", 0.01), ("load again, 9 more of 100 changed", 0.09)):
        extra = median(rounds[name]).seconds - same
        notes[f"{name}, beyond the all-same load"] = f"{extra / (rows * share) * 1e6:.0f} µs per changed row"
    notes["memory of the loader"] = f"{few:.0f} MB for {rows // 100:,} rows, {loads.memory_mb:.0f} MB for {rows:,}"
    return notes


if __name__ == "__main__":
    main()
