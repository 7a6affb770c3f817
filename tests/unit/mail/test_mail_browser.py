"""The mail in a real browser: it fits a phone, asks nobody for anything, and its first words are not on the screen."""

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.unit.mail.conftest import ESCAPES, Subscribe, statuses
from tests.unit.mail.postbox import Postbox
from tests.unit.snapshot.test_accessibility import complaints
from tests.unit.snapshot.test_browser import browser, pytestmark  # noqa: F401


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_mail_fits_the_screen_and_loads_nothing(
    browser: Any,  # noqa: F811
    saturday: int,
    subscribe: Subscribe,
    postbox: Postbox,
    tmp_path: Path,
    width: int,
) -> None:
    subscribe({"name": "board", "to": ["ann@shop.example"], "segments": ["all", f"channel={ESCAPES}"]})
    assert statuses() == ["sent"]
    path = _as_page(postbox, tmp_path)
    page = browser.new_page(viewport={"width": width, "height": 800})
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in requested if not url.startswith("data:")] == [path.as_uri()]
    assert page.get_by_role("heading", level=1).count() == 1
    assert "Net promoter score from" in (page.get_by_role("img").first.get_attribute("alt") or "")
    assert page.get_by_role("img").first.bounding_box()["width"] > 240
    assert not page.locator(".preheader").is_visible()
    page.close()


def _as_page(postbox: Postbox, folder: Path) -> Path:
    """The HTML with its charts where a mail program would put them."""
    message = postbox.received[0]
    body = message.get_body(("html",))
    assert body is not None
    html = body.get_content()
    for part in message.walk():
        if part["Content-ID"]:
            data = base64.b64encode(part.get_content()).decode()
            html = html.replace(f"cid:{part['Content-ID'].strip('<>')}", f"data:image/png;base64,{data}")
    path = folder / "mail.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_mail_is_for_everybody(
    browser: Any,  # noqa: F811
    saturday: int,
    subscribe: Subscribe,
    postbox: Postbox,
    tmp_path: Path,
    scheme: str,
) -> None:
    subscribe({"name": "board", "to": ["ann@shop.example"], "segments": ["all", f"channel={ESCAPES}"]})
    assert statuses() == ["sent"]
    assert complaints(browser, _as_page(postbox, tmp_path), scheme, 390) == []
