"""Records that are not as the contract says: held back whole, reported once, or stored as they are; never lost."""

from datetime import timedelta
from pathlib import Path

import pytest
from bench import NIGHT, Bench, bring_in, rows
from cases import Case

from cx_etl import status
from cx_etl.errors import DataError
from cx_etl.settings import ROOT
from cx_etl.sources import source
from raw_state import answer

# A record's text at its worst: NUL, which PostgreSQL refuses, 64 KB, an emoji of several code points, right to left.
WORST_TEXT = "nul \x00 here " + "x" * 65_536 + " 👩🏽‍🚒 مرحبا بالعالم ‏"


@pytest.mark.parametrize("wrong", [{"an": "object"}, ["a list"]], ids=["object", "list"])
def test_a_wrong_type_holds_back_that_record_and_no_other(bench: Bench, case: Case, wrong: object) -> None:
    expected = bench.undisturbed(case)
    with bench.warehouse() as dsn:
        bench.spoil(case, kind="malform", field=case.required, value=wrong)
        _, report = bring_in(case)
        assert report.rejected == 1
        table = source(case.source).stream(case.stream).tables[0].name
        missing = set(expected[table]) - set(rows(dsn, case)[table])
        assert len(missing) == 1
        assert case.required.rpartition(".")[2] in answer(dsn, "select reason from raw.quarantine")
        held = answer(dsn, "select count(*) from raw.quarantine where landing_file <> '' and length(payload) > 10")
        assert held == 1


def test_a_change_of_type_past_the_streams_own_limit_fails_it(
    bench: Bench, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = (ROOT / "cx.toml").read_text()
    strict = config.replace("[load.quarantine_limits]", f'[load.quarantine_limits]\n"{case.id}" = 0.0')
    (tmp_path / "cx.toml").write_text(strict)
    monkeypatch.setenv("CX_CONFIG", str(tmp_path / "cx.toml"))
    with bench.warehouse() as dsn:
        bench.spoil(case, kind="malform", field=case.required, value={"an": "object"})
        with pytest.raises(DataError, match=r"1 of \d+ records break the contract \(limit 0%\)"):
            bring_in(case)
        assert not any(rows(dsn, case).values())
        assert answer(dsn, "select count(*) from raw.quarantine") == 0
        assert answer(dsn, "select count(*) from ops.watermarks") == 0


def test_a_field_that_appears_is_told_once_and_the_records_are_as_ever(bench: Bench, case: Case) -> None:
    # No longer ago than the vendor with the shortest memory lets a night be.
    night = NIGHT - timedelta(days=10)
    with bench.warehouse() as dsn:
        bench.sandbox.at_end_of(night)
        bring_in(case, night)
        bench.sandbox.at_end_of(NIGHT)
        bring_in(case)
        undisturbed = rows(dsn, case)
    with bench.warehouse() as dsn:
        bench.sandbox.at_end_of(night)
        bring_in(case, night)
        bench.sandbox.at_end_of(NIGHT)
        bench.spoil(case, kind="unknown_field", field="brand_new", value={"deep": [1]}, times=99)
        bring_in(case)
        bring_in(case)
        assert rows(dsn, case) == undisturbed
        assert [field["field"] for field in status.read().new_fields] == ["brand_new"]
        told = status.as_text(status.read())
        assert told.count(f"new fields: {case.id} sends brand_new (since 2026-11-20)") == 1


def test_text_at_its_worst_arrives(bench: Bench, case: Case) -> None:
    if not case.text:
        pytest.skip(f"{case.id} has no text of its own at the top of its records")
    with bench.warehouse() as dsn:
        bench.spoil(case, kind="malform", field=case.text, value=WORST_TEXT)
        _, report = bring_in(case)
        assert report.rejected == 0
        table = source(case.source).stream(case.stream).tables[0].name
        stored = f'select "{case.text}" from raw.{table} where length("{case.text}") > 65000'
        assert answer(dsn, stored) == WORST_TEXT.replace("\x00", "\ufffd")
