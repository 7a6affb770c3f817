"""The documentation says what the code says: its excerpts are lines of the files they are taken from."""

import re

import pytest
import yaml

from cx_etl.settings import ROOT
from cx_etl.snapshot.workbook import SHEETS
from expectations import MARTS

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


def test_bi_page_has_every_mart_with_its_grain() -> None:
    page = (ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| (One row .*) \|$", page, re.MULTILINE))
    said = {
        model["name"]: " ".join(model["description"].split()).split(". ")[0].rstrip(".")
        for path in (ROOT / "dbt_project" / "models" / "marts").glob("_*__models.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }
    assert listed == said
    assert set(said) == set(MARTS)


def test_exposures_name_what_is_read() -> None:
    text = (ROOT / "dbt_project" / "models" / "marts" / "_exposures.yml").read_text(encoding="utf-8")
    reads = {each["name"]: set(each["depends_on"]) for each in yaml.safe_load(text)["exposures"]}
    assert reads["snapshot_workbook"] == {f"ref('{mart}')" for mart in SHEETS}
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugins/cx_etl/snapshot").glob("*.py"))
    named = {f"ref('{mart}')" for mart in re.findall(r"marts_versions\.(\w+)", code)}
    assert reads["daily_snapshot"] == reads["snapshot_by_mail"] == named
