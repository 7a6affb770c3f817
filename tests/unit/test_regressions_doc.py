"""Every line of docs/regressions.md and docs/reliability.md names tests that exist."""

import re
from functools import cache

import pytest
import yaml

from cx_etl.settings import ROOT

LINES = [
    line
    for page in ("regressions", "reliability")
    for line in (ROOT / "docs" / f"{page}.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| complaint", "| promise"))
]
NAMED = [re.findall(r"`([^`]+)::([^`]+)`", line.rpartition(" | ")[2]) for line in LINES]


@cache
def _tests_in(path: str) -> set[str]:
    """Functions of a test module, or unit tests of models."""
    text = (ROOT / path).read_text()
    if path.endswith(".py"):
        return set(re.findall(r"^def (test_\w+)\(", text, re.MULTILINE))
    return {test["name"] for test in yaml.safe_load(text)["unit_tests"]}


def test_every_line_names_a_test() -> None:
    assert [line for line, tests in zip(LINES, NAMED, strict=True) if not tests] == []
    assert len(LINES) > 25


@pytest.mark.parametrize(("path", "name"), sorted({test for tests in NAMED for test in tests}))
def test_the_test_exists(path: str, name: str) -> None:
    assert name in _tests_in(path)
