"""The documentation says what the code says: its excerpts are lines of the files they are taken from."""

import re

import pytest

from cx_etl.settings import ROOT

GORGIAS = "plugins/cx_etl/sources/gorgias"
QUOTED = (f"{GORGIAS}.py", f"{GORGIAS}_records.py", "tests/connectors/cases.py")


def _lines(text: str) -> list[str]:
    return [line.strip().rstrip(",") for line in text.splitlines() if line.strip() not in ("", "...")]


@pytest.mark.parametrize("number", range(4))
def test_the_excerpts_of_add_a_source_are_real(number: int) -> None:
    excerpts = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "add-a-source.md").read_text(), re.DOTALL)
    assert len(excerpts) == 4
    there = {line for path in QUOTED for line in _lines((ROOT / path).read_text())}
    assert [line for line in _lines(excerpts[number]) if line not in there and line != ")"] == []


def test_every_source_has_its_page() -> None:
    from cx_etl.sources import SOURCES as registered

    pages = {path.stem for path in (ROOT / "docs" / "sources").glob("*.md")}
    assert set(registered) - pages == set()
