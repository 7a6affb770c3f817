"""Every page passes axe-core in a real browser, light and dark, wide and narrow; the archive is searched, compared."""

from pathlib import Path
from typing import Any

import pytest

from cx_etl import snapshot
from cx_etl.settings import load_settings
from tests.unit.snapshot.test_browser import browser, pytestmark  # noqa: F401


@pytest.fixture
def archive(two_publications: tuple[int, int]) -> Path:
    """The archive of two nights."""
    for each in two_publications:
        snapshot.render(each)
    return load_settings().snapshots_dir / "index.html"


def complaints(opened: Any, path: Path, scheme: str, width: int) -> list[str]:
    """What axe-core finds, rule by rule, with the elements."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(path.as_uri())
    found = axe.run(page).response["violations"]
    page.close()
    return [f"{rule['id']}: {[node['html'][:200] for node in rule['nodes']]}" for rule in found]


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_for_everybody(browser: Any, archive: Path, scheme: str, width: int) -> None:  # noqa: F811
    pages = [archive, *archive.parent.rglob("publication-*.html")]
    assert len(pages) == 3
    assert {page.name: complaints(browser, page, scheme, width) for page in pages} == {page.name: [] for page in pages}


def test_evidence_is_for_everybody(browser: Any, marts: str) -> None:  # noqa: F811
    from cx_etl import gate
    from cx_etl.errors import GateError
    from tests.expectations.handmade import put_value, start_build

    build_id = start_build()
    put_value(build_id, "nps", 131.5)
    with pytest.raises(GateError):
        gate.check(build_id)
    page = load_settings().evidence_dir / f"build-{build_id}" / "index.html"
    for scheme in ("light", "dark"):
        assert complaints(browser, page, scheme, 1280) == []


def test_a_day_is_found_by_a_part_of_its_date(browser: Any, archive: Path) -> None:  # noqa: F811
    page = browser.new_page()
    page.goto(archive.as_uri())
    page.get_by_label("Find a day").fill("10-17")
    shown = [each.inner_text() for each in page.locator("#nights tbody th").all() if each.is_visible()]
    assert shown == ["2018-10-17"]
    assert page.get_by_role("status").inner_text() == "1 of 2 publications"
    page.close()


def test_two_days_stand_side_by_side(browser: Any, archive: Path) -> None:  # noqa: F811
    page = browser.new_page()
    page.goto(archive.as_uri())
    cells = page.locator("#side-by-side tr", has_text="Net promoter score").locator("th, td").all_inner_texts()
    page.get_by_label("From").select_option(index=0)
    same = page.locator("#side-by-side tr", has_text="Net promoter score").locator("th, td").all_inner_texts()
    page.close()
    assert cells[0] == "Net promoter score"
    assert cells[1] == "30.1 (n 1,234)"
    assert cells[2] == "\N{MINUS SIGN}31.3 (n 12,345)"
    assert cells[3] == "\N{MINUS SIGN}61.4"
    assert same[1] == same[2] == "\N{MINUS SIGN}31.3 (n 12,345)"
    assert same[3] == "±0.0"


def test_without_scripts_the_list_is_there(browser: Any, archive: Path) -> None:  # noqa: F811
    page = browser.new_page(java_script_enabled=False)
    page.goto(archive.as_uri())
    assert page.locator("#nights tbody tr").count() == 2
    assert not page.get_by_label("Find a day").is_visible()
    page.close()
