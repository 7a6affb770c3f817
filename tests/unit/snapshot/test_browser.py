"""The page in a real browser: it fits a phone, asks nobody for anything, and is readable by its structure."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cx_etl import snapshot

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser for the module."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        # Chromium keeps its settings in HOME; a test leaves nothing there.
        home = {**os.environ, "HOME": str(tmp_path_factory.mktemp("home"))}
        opened = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, env=home)
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_the_screen_and_loads_nothing(
    browser: Any, two_publications: tuple[int, int], width: int, scheme: str
) -> None:
    path = Path(snapshot.render(two_publications[1]).path)
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert requested == [path.as_uri()]
    assert complaints == []
    assert page.get_by_role("heading", level=1).count() == 1
    assert "Net promoter score from" in (page.get_by_role("img").first.get_attribute("aria-label") or "")
    page.close()
