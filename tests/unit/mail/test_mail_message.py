"""The mail as it arrives, opened with the standard library: the marts' figures, in HTML and in plain text."""

import io
import re
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from PIL import Image

from cx_etl import mail
from cx_etl.errors import DataError
from cx_etl.mail import contents
from cx_etl.mail.subscriptions import MOST_SEGMENTS
from cx_etl.snapshot.definitions import HEADLINES
from tests.expectations.handmade import NIGHT, connection, make_marts, put_rows, start_build
from tests.unit.mail.conftest import ESCAPES, SATURDAY, Subscribe, ending, ledger, put_load, sent, statuses
from tests.unit.mail.postbox import Postbox
from tests.unit.snapshot.conftest import HOSTILE, marts, publish_build, two_publications  # noqa: F401

GMAIL_CUTS_AT = 102 * 1024
# What a terminal or a mail program would act upon: escapes, carriage returns, marks that turn the text's direction.
OBEYED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Words(HTMLParser):
    """The text of a page in its order, and the attributes of every element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.found))


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def plain_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def message(saturday: int, board: None, postbox: Postbox) -> EmailMessage:
    """The Saturday's mail as the server received it."""
    assert statuses() == ["sent"]
    return postbox.received[0]


def test_subject_is_the_verdict(message: EmailMessage) -> None:
    assert message["subject"] == "NPS 31 ▲ 2 vs last Saturday · 412 responses · 3 things to look at"


def test_figures_are_those_of_the_marts_in_both_parts(message: EmailMessage) -> None:
    with connection() as warehouse:
        rows = warehouse.execute(
            "select metric_variant, round(value, 1), round(ci_low, 1), round(ci_high, 1), n from marts.metric_values"
            " where segment_name = 'all' and grain = 'rolling_30d' and period_end = %s::date + 1",
            (SATURDAY,),
        ).fetchall()
    assert {row[0] for row in rows} == {"nps", "csat_top2"}
    page, plain = Words(html_of(message)).text, plain_of(message)
    labels = {"nps": "Net promoter score", "csat_top2": "Satisfied customers"}
    for variant, value, low, high, n in rows:
        assert re.search(
            rf"{labels[variant]} {value}\D.{{0,60}}95% interval {low} to {high}%? from {n:,} answers", page
        )
        assert re.search(rf"{labels[variant]}: {value}\D", plain)
        assert f"95% interval {low} to {high}" in plain
        assert f"from {n:,} answers" in plain


def test_parts_are_plain_text_then_html_with_its_charts(message: EmailMessage) -> None:
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]


def test_every_chart_that_is_named_is_attached_and_is_a_picture(message: EmailMessage) -> None:
    pictures = {part["Content-ID"].strip("<>"): part for part in message.walk() if part["Content-ID"]}
    named = re.findall(r'src="cid:([^"]+)"', html_of(message))
    assert named
    assert sorted(named) == sorted(pictures)
    for part in pictures.values():
        picture = Image.open(io.BytesIO(part.get_content()))
        assert picture.size[0] > 500
        assert len(picture.convert("RGB").getcolors()) > 4
    alternatives = [value for tag, name, value in Words(html_of(message)).attributes if (tag, name) == ("img", "alt")]
    assert "Net promoter score from 2018-08-" in (alternatives[0] or "")


def test_html_loads_nothing_and_has_its_rules_in_its_elements(message: EmailMessage) -> None:
    html = html_of(message)
    attributes = Words(html).attributes
    assert not re.search(r"https?:|url\(|@import|<link|<style|<script", html)
    assert {name for _, name, _ in attributes} & {"href", "background", "class", "onload"} <= {"class"}
    assert [
        value for tag, name, value in attributes if tag == "td" and name == "style" and "font-size" in (value or "")
    ]
    assert any(tag == "table" for tag, _, _ in attributes)


def test_preheader_comes_first_and_is_not_seen(message: EmailMessage) -> None:
    html = html_of(message)
    opening = html[html.index("<body") : html.index("<table")]
    assert "No headline figure moved beyond chance" in opening
    assert "display:none" in opening


def test_text_from_outside_is_inert(message: EmailMessage) -> None:
    html, plain = html_of(message), plain_of(message)
    assert "&lt;script&gt;" in html
    for part in (html, plain, message["subject"]):
        assert not OBEYED.search(part)
    assert "comment <script>" in plain
    assert not re.search(r"^\s*Net promoter score: 99", plain, re.MULTILINE)


def test_nobody_is_answered_and_everybody_can_leave(message: EmailMessage) -> None:
    assert (message["from"], message["to"]) == ("cx@shop.example", "ann@shop.example")
    assert message["auto-submitted"] == "auto-generated"
    assert message["list-unsubscribe"] == "<mailto:cx@shop.example?subject=unsubscribe>"
    assert message["date"]


def test_text_format_is_one_plain_part(saturday: int, subscribe: Subscribe, postbox: Postbox) -> None:
    subscribe({"name": "board", "to": ["ann@shop.example"], "format": "text"})
    assert statuses() == ["sent"]
    (message,) = postbox.received
    assert message.get_content_type() == "text/plain"
    assert "Net promoter score: 31.0 points  ▲ 2 vs last Saturday" in plain_of(message)


def test_segments_have_their_own_figures_and_those_without_are_left_out(
    saturday: int, subscribe: Subscribe, postbox: Postbox
) -> None:
    subscribe(
        {"name": "post", "to": ["ann@shop.example"], "segments": ["channel=fax", f"channel={ESCAPES}"]},
    )
    (outcome,) = sent()
    assert outcome.detail == "without channel=fax: no figures"
    (message,) = postbox.received
    assert message["subject"].startswith("channel: <script>alert(1)</script> ")
    assert " · NPS 12.5 · 31 responses · " in message["subject"]
    assert "Over everyone: No headline figure moved" in plain_of(message)
    assert "fax" not in html_of(message) + plain_of(message)
    assert "Satisfied" not in html_of(message) + plain_of(message)
    assert "channel: &lt;script&gt;" in html_of(message)
    assert not OBEYED.search(plain_of(message))


def test_sections_without_data_are_left_out(warehouse: str, board: None, postbox: Postbox) -> None:
    make_marts()
    build_id = start_build(night=SATURDAY)
    put_rows(build_id, "metric_values", [ending(SATURDAY, 31)])
    publish_build(build_id)
    assert statuses() == ["sent"]
    (message,) = postbox.received
    assert message["subject"] == "NPS 31 · 1,234 responses · nothing to look at"
    for part in (Words(html_of(message)).text, plain_of(message)):
        for absent in ("to look at", "Restated", "rests on", "Satisfied", "vs last", "cid:"):
            assert absent not in part
    assert [part.get_content_type() for part in message.walk()].count("image/png") == 0


@pytest.fixture
def fullest(warehouse: str) -> list[str]:
    """A publication with all there can be, in as many segments as a subscription may have; their names."""
    make_marts()
    build_id = start_build(night=SATURDAY)
    names = [f"a rather long name of a segment {number}" for number in range(MOST_SEGMENTS)]
    long = {"previous_value": 123456.78, "is_significant": True, "n": 123456, "is_complete": False}
    rows = [
        ending(SATURDAY, 234567.89, metric.variant, segment_name=name, segment_value=value, **long)
        for metric in HEADLINES
        for name, value in [("all", "all"), *(("region", value) for value in names)]
    ]
    rows += [
        ending(SATURDAY - timedelta(days=days), 234567.89 + days, metric.variant, **long)
        for metric in HEADLINES
        for days in range(1, 60)
    ]
    put_rows(build_id, "metric_values", rows)
    for number in range(20):
        put_load(f"source_{number}", SATURDAY)
    with connection() as warehouse_:
        for number in range(50):
            warehouse_.execute(
                "insert into ops.gate_results (build_id, mart, expectation, severity, success, observed, reason, owner)"
                " values (%s, 'fct_orders', %s, 'warning', false, %s, 'why', 'data')",
                (build_id, f"holds {number}", "&" * 5000),
            )
    publish_build(build_id)
    return [f"region={value}" for value in names]


def test_the_fullest_mail_is_not_cut(fullest: list[str], subscribe: Subscribe, postbox: Postbox) -> None:
    subscribe({"name": "board", "to": ["ann@shop.example"], "segments": ["all", *fullest[1:]]})
    assert statuses() == ["sent"]
    html = html_of(postbox.received[0])
    assert len(html.encode()) < GMAIL_CUTS_AT
    assert html.count("a rather long name") == MOST_SEGMENTS - 1
    assert html.count("cid:") == len(HEADLINES)
    assert "and 47 more" in html


def test_a_mail_that_would_be_cut_is_not_written_and_holds_up_no_other(
    saturday: int, board: None, subscribe: Subscribe, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "LARGEST_HTML", 5000)
    with pytest.raises(DataError, match=r"board has [\d,]+ bytes of HTML"):
        mail.write_mails(SATURDAY)
    subscribe(
        {"name": "board", "to": ["ann@shop.example"]},
        {"name": "short", "to": ["ben@shop.example"], "format": "text"},
    )
    assert statuses() == ["failed", "sent"]
    assert ledger("recipient") == [("ben@shop.example",)]


def test_restated_figures_are_told_with_their_reason(
    two_publications: tuple[int, int],  # noqa: F811
    board: None,
    postbox: Postbox,
) -> None:
    assert statuses(NIGHT) == ["sent"]
    (message,) = postbox.received
    assert "Restated since publication 1" in html_of(message)
    plain = " ".join(plain_of(message).split())
    told = "12 late answers, 1 order returned or refunded"
    assert f"- Satisfied customers, channel: {HOSTILE}, 2018-09: 84.5% -> 83.2%; {told}" in plain
    assert f"Satisfied customers, channel: {HOSTILE} {told} 2018-09 84.5% 83.2%" in Words(html_of(message)).text
    assert HOSTILE not in html_of(message)


def test_how_far_records_that_are_held_back_could_move_a_figure_is_told(
    two_publications: tuple[int, int],  # noqa: F811
    board: None,
    postbox: Postbox,
) -> None:
    assert statuses(NIGHT) == ["sent"]
    (message,) = postbox.received
    for part in (" ".join(plain_of(message).split()), Words(html_of(message)).text):
        assert "held back fall one way, they would put net promoter score between " in part
        assert re.search(r"between .33\.1 and .29\.4", part)
