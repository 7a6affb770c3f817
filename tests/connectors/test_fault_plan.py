"""A whole night over the plan of faults that comes with the sandbox: the same raw tables as without it."""

import tomllib

import msgspec
from bench import NIGHT, Bench

from cx_etl.nightly import extract_all, load_all
from cx_etl.settings import ROOT
from raw_state import OURS, content

SOURCES = ("zendesk", "shopify", "asknicely", "typeform")


def _night(dsn: str) -> dict[str, str]:
    list(extract_all(NIGHT, SOURCES))
    list(load_all(NIGHT, SOURCES))
    return content(dsn, but=OURS)


def test_a_night_over_every_fault_of_the_plan_ends_as_one_without(bench: Bench) -> None:
    plan = tomllib.loads((ROOT / "sandbox" / "faults.toml").read_text())["fault"]
    with bench.warehouse() as dsn:
        undisturbed = _night(dsn)
    with bench.warehouse() as dsn:
        bench.sandbox.spoil(*msgspec.to_builtins(plan))
        assert _night(dsn) == undisturbed
        assert bench.sandbox.struck() == len(plan)
