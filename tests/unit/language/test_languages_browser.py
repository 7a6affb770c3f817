"""Pages that run from the right, in a real browser: they fit a phone, and what a number says is where it belongs."""

from pathlib import Path
from typing import Any

import pytest

from cx_etl import snapshot
from tests.unit.snapshot.conftest import marts, publish_build, two_publications  # noqa: F401
from tests.unit.snapshot.test_browser import browser, pytestmark  # noqa: F401

# How far from the left each character of the first text with the words is painted.
PLACES = """words => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const start = walker.currentNode.data.indexOf(words);
    if (start < 0 || walker.currentNode.parentElement.closest("style, svg, details")) continue;
    return [...words].map((_, place) => {
      const range = document.createRange();
      range.setStart(walker.currentNode, start + place);
      range.setEnd(walker.currentNode, start + place + 1);
      return range.getBoundingClientRect().left;
    });
  }
}"""


@pytest.mark.parametrize("language", ["ar", "ur"])
@pytest.mark.parametrize("width", [390, 1280])
def test_numbers_are_read_as_they_are_meant(
    browser: Any,  # noqa: F811
    two_publications: tuple[int, int],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    width: int,
) -> None:
    monkeypatch.setenv("CX_SNAPSHOT_LANGUAGES", language)
    path = Path(snapshot.render(two_publications[1]).path)
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for words in ("\N{MINUS SIGN}31.3", "\N{MINUS SIGN}28.8", "\N{MINUS SIGN}29.4", "84.5%", "2,200 → \u200e2,212"):
        places = page.evaluate(PLACES, words)
        assert places, words
        assert places == sorted(places), words
    heading = page.get_by_role("heading", level=1).bounding_box()
    assert heading["x"] + heading["width"] > width / 2
    page.close()
