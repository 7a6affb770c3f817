"""The snapshot says what the marts say, the same every time, and leaves out what it does not know."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from cx_etl import publish, snapshot
from cx_etl.errors import DataError
from cx_etl.settings import load_settings
from tests.expectations.handmade import NIGHT, connection, put_value, start_build
from tests.unit.snapshot.conftest import HOSTILE, publish_build


def _text(html: str) -> str:
    """The words of a page in one line, without its styles and charts, minus signs as on a keyboard."""
    bare = re.sub(r"<(style|svg).*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bare)).replace("\N{MINUS SIGN}", "-")


def _page(publication_id: int) -> str:
    return _text(Path(snapshot.render(publication_id).path).read_text(encoding="utf-8"))


def test_figures_are_those_of_the_marts(two_publications: tuple[int, int]) -> None:
    page = _page(two_publications[1])
    assert "Net promoter score -31.3 points" in page
    assert "95% interval -33.8 to -28.8" in page
    assert "from 12,345 answers" in page
    assert "vs 30 days before -10.8 points, beyond chance" in page
    assert "since last publication -61.4 points" in page
    assert "all time 41.4 from 765,432" in page
    assert "Thursday 18 October 2018" in page


def test_verdict_names_what_moved_and_what_a_person_must_know(two_publications: tuple[int, int]) -> None:
    page = _page(two_publications[1])
    assert "net promoter score down 10.8 points to -31.3. 1 warning from the checks. 1 earlier figure was" in page


def test_restated_figures_are_listed(two_publications: tuple[int, int]) -> None:
    page = _page(two_publications[1])
    assert "1 figure of finished periods changed" in page
    assert "Satisfied customers 2018-09 channel:" in page
    assert "84.5% 83.2% 2,200 → 2,212 12 late answers, 1 order returned or refunded" in page


def test_sources_checks_and_held_back_records_are_told(two_publications: tuple[int, int]) -> None:
    page = _page(two_publications[1])
    assert "shopify 2018-10-19 00:00 UTC 54,321 2" in page
    assert "zendesk 2018-10-18 00:00 UTC, late 0 0" in page
    assert "1 of 2 hold." in page
    assert "fct_orders: delivery_days at least 0; observed 7 of 9 rows" in page
    assert "1 record from shopify broke their contract" in page
    assert "they would put net promoter score between -33.1 and -29.4." in page


def test_text_from_outside_is_escaped(two_publications: tuple[int, int]) -> None:
    html = Path(snapshot.render(two_publications[1]).path).read_text(encoding="utf-8")
    assert HOSTILE not in html
    assert "&lt;script&gt;" in html
    assert "<script" not in html


def test_page_is_the_same_bytes_when_rendered_again(two_publications: tuple[int, int]) -> None:
    first = snapshot.render(two_publications[1])
    content = Path(first.path).read_bytes()
    Path(first.path).unlink()
    again = snapshot.render(two_publications[1])
    assert Path(again.path).read_bytes() == content
    assert again == first
    with connection() as warehouse:
        row = warehouse.execute("select sha256 from ops.snapshots where publication_id = %s", (again.publication_id,))
        assert row.fetchone() == (first.sha256,)


def test_written_page_keeps_what_was_told_after_a_replay(two_publications: tuple[int, int]) -> None:
    before = _page(two_publications[1])
    with connection() as warehouse:
        warehouse.execute("update raw.quarantine set replayed_at = now()")
    assert _page(two_publications[1]) == before


def test_ids_of_the_charts_are_unique_and_point_somewhere(two_publications: tuple[int, int]) -> None:
    html = Path(snapshot.render(two_publications[1]).path).read_text(encoding="utf-8")
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert "<svg" in html
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(ids)


def test_sections_without_data_are_left_out(marts: str) -> None:
    page = _page(publish_build(start_build()))
    assert "This is the first publication." in page
    for absent in ("Last 30 days", "Restated", "What the figures mean", "complete until"):
        assert absent not in page


def test_old_data_is_no_figure_of_today(marts: str) -> None:
    build_id = start_build(night=NIGHT + timedelta(days=10))
    put_value(build_id, "nps", 12.5)
    put_value(build_id, "nps", 44.25, grain="all_time")
    page = _page(publish_build(build_id))
    assert "12.5" not in page
    assert "Net promoter score 44.2 1,234 answers" in page


def test_few_answers_and_open_ends_are_said(marts: str) -> None:
    build_id = start_build()
    put_value(build_id, "first_reply_minutes_mean", 90, n=12, is_complete=False, previous_value=50, is_significant=True)
    page = _page(publish_build(build_id))
    assert "from 12 tickets answered, too few to act upon" in page
    assert "not final" in page
    assert "No headline figure moved beyond chance" in page


def test_nothing_restated_is_said(marts: str) -> None:
    publish_build(start_build())
    page = _page(publish_build(start_build()))
    assert "Nothing was restated: every figure" in page


def test_night_keeps_its_newest_publication_and_the_archive_lists_all(two_publications: tuple[int, int]) -> None:
    first, second = two_publications
    third = publish_build(start_build())
    for publication_id in (third, second, first):
        snapshot.render(publication_id)
    folder = load_settings().snapshots_dir
    night = folder / NIGHT.isoformat()
    assert (night / "index.html").read_bytes() == (night / f"publication-{third}.html").read_bytes()
    archive = (folder / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', archive)
    assert links == ["2018-10-18/index.html", f"2018-10-18/publication-{second}.html", "2018-10-17/index.html"]
    assert all((folder / link).exists() for link in links)


def test_rolled_back_publication_keeps_its_page(two_publications: tuple[int, int]) -> None:
    first, second = two_publications
    before = snapshot.render(first)
    publish.rollback(first)
    assert snapshot.render(first) == before
    assert "-31.3" in _page(second)


def test_unknown_publication_is_an_error(marts: str) -> None:
    with pytest.raises(DataError, match="no publication 5"):
        snapshot.render(5)
