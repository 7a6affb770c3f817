"""The Slack message over real HTTP: what it says, within Slack's limits, and each one once whatever goes wrong."""

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from cx_etl import doctor, mail
from cx_etl.mail import slack
from tests.expectations.handmade import connection, make_marts, put_rows, start_build
from tests.unit.mail.conftest import ESCAPES, SATURDAY, Subscribe, ending, ledger, sent, statuses
from tests.unit.mail.postbox import Postbox
from tests.unit.mail.webhook import HANG_UP, SECRET, STAND_STILL, Channel, open_channel
from tests.unit.snapshot.conftest import publish_build

BOARD = {"name": "board", "format": "slack", "connection": "slack_board"}


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    """The channel, and the connection slack_board that leads to it."""
    with open_channel() as opened:
        connect(monkeypatch, opened.port)
        monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0")
        monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
        yield opened


def connect(patch: pytest.MonkeyPatch, port: int, **other: Any) -> None:
    fields = {"conn_type": "slackwebhook", "host": f"http://127.0.0.1:{port}/services", "password": SECRET, **other}
    patch.setenv("AIRFLOW_CONN_SLACK_BOARD", json.dumps(fields))


@pytest.fixture
def board(subscribe: Subscribe) -> None:
    subscribe(BOARD)


def texts(message: dict[str, Any]) -> list[str]:
    """The texts of all blocks, with minus signs as on a keyboard."""
    parts = [part for block in message["blocks"] for part in [block.get("text"), *block.get("elements", [])] if part]
    return [part["text"].replace("\N{MINUS SIGN}", "-") for part in parts]


def test_it_says_what_the_edition_says(saturday: int, subscribe: Subscribe, channel: Channel) -> None:
    subscribe({**BOARD, "link": "https://bi.shop.example/snapshots/"})
    assert statuses() == ["sent"]
    (message,) = channel.posted
    assert message["text"].startswith("NPS 31 ▲ 2 vs last Saturday · 412 responses · ")
    title, verdict, things, figures, link, context = texts(message)
    assert title == "Customer experience, Saturday 20 October 2018"
    assert verdict.startswith("No headline figure moved beyond chance against the 30 days before. 1 warning")
    assert things.splitlines()[0] == "*3 things to look at*"
    assert "• zendesk is complete only until 2018-10-20 00:00 UTC" in things
    assert figures.splitlines() == [
        "*Last 30 days, to Saturday 20 October 2018*",
        "*Net promoter score: 31.0 points*",
        "▲ 2 vs last Saturday",
        "+0.9 points, within chance vs 30 days before",
        "95% interval 24.5 to 37.2",
        "from 412 answers",
        "*Satisfied customers: 83.3%*",
        "95% interval 80.8 to 85.8%",
        "from 1,204 answers",
    ]
    assert link == f"<https://bi.shop.example/snapshots/2018-10-20/publication-{saturday}.html|The whole snapshot>"
    assert context.startswith(f"Publication {saturday}, published 20")


def test_text_from_outside_is_text(saturday: int, subscribe: Subscribe, channel: Channel) -> None:
    subscribe({**BOARD, "segments": ["all", f"channel={ESCAPES}"]})
    assert statuses() == ["sent"]
    (message,) = channel.posted
    said = "\n".join(texts(message))
    assert said.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert not {"<", ">", "\x1b", "\u202e"} & set(said)
    assert all(part["verbatim"] for block in message["blocks"] for part in block.get("elements", []))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a & b <!channel> <@U1> &amp;", "a &amp; b &lt;!channel&gt; &lt;@U1&gt; &amp;amp;"),
        ("&" * 700, "&amp;" * 589 + "…"),
    ],
)
def test_nothing_calls_anybody_and_no_escape_is_cut(text: str, says: str) -> None:
    assert slack.escaped(text) == says


def test_the_longest_message_stays_within_the_limits(warehouse: str, subscribe: Subscribe, channel: Channel) -> None:
    """The webhook refuses what breaks Slack's limits: ten segments with the longest names, a dozen warnings."""
    make_marts()
    build = start_build(night=SATURDAY)
    names = [f"{place}{'&' * 299}" for place in range(10)]
    variants = ("nps", "csat_top2", "ces_agree", "late_delivery_rate", "repeat_purchase_rate", "logo_churn_rate")
    put_rows(
        build,
        "metric_values",
        [
            ending(SATURDAY, 12.5, variant, segment_name="channel", segment_value=name, n=31)
            for name in names
            for variant in variants
        ],
    )
    with connection() as open_warehouse:
        for place in range(12):
            open_warehouse.execute(
                "insert into ops.gate_results (build_id, mart, expectation, severity, success, reason, owner)"
                " values (%s, 'fct_orders', %s, 'warning', false, 'why', 'data')",
                (build, f"{place} {'&' * 4000}"),
            )
    publish_build(build)
    subscribe({**BOARD, "link": "https://bi.shop.example", "segments": [f"channel={name}" for name in names]})
    assert statuses() == ["sent"]
    (message,) = channel.posted
    assert "• and 2 more" in "\n".join(texts(message))
    assert "|The whole snapshot>" in texts(message)[-2]
    assert sum("12.5" in text for text in texts(message)) >= 10


def test_more_than_fifty_blocks_are_cut_before_the_link(
    saturday: int, board: None, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks that hold a line each, so that there are more than a message may have."""
    monkeypatch.setattr(slack, "LONGEST_TEXT", 1)
    monkeypatch.setattr(slack, "MOST_BLOCKS", 6)
    assert statuses() == ["sent"]
    (message,) = channel.posted
    assert len(message["blocks"]) == 6
    assert texts(message)[-2] == "_There is more on the page of this publication._"
    assert texts(message)[-1].startswith("Publication ")


def test_it_is_recorded_and_never_posted_again(saturday: int, board: None, channel: Channel) -> None:
    assert statuses() == ["sent"]
    assert ledger("night", "publication_id", "subscription", "recipient", "status", "attempts") == [
        (SATURDAY, saturday, "board", "slack_board", "sent", 1)
    ]
    assert statuses() == ["already sent"]
    assert statuses(SATURDAY, "board", again=True) == ["already sent"]
    assert channel.requests == 1


def test_four_runs_at_once_post_once(saturday: int, board: None, channel: Channel) -> None:
    with ThreadPoolExecutor(4) as runs:
        found = [status for future in [runs.submit(statuses) for _ in range(4)] for status in future.result()]
    assert found.count("sent") == 1
    assert channel.requests == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_channel_is_asked_again_and_gets_it_once(
    saturday: int, board: None, channel: Channel, status: int
) -> None:
    channel.answers += [Response("later", status, headers={"retry-after": "0"})] * 2
    assert statuses() == ["sent"]
    assert (channel.requests, len(channel.posted)) == (3, 1)


def test_a_channel_that_stays_busy_is_asked_by_the_next_run(saturday: int, board: None, channel: Channel) -> None:
    channel.answers += [Response("rollup_error", 500)] * 3
    assert statuses() == ["failed"]
    assert ledger("reason") == [("slack POST /{webhook}: 500 rollup_error",)]
    assert statuses() == ["sent"]
    assert len(channel.posted) == 1


def test_a_limit_of_hours_is_left_to_the_next_run(saturday: int, board: None, channel: Channel) -> None:
    channel.answers += [Response("rate_limited", 429, headers={"retry-after": "3600"})]
    assert statuses() == ["failed"]
    assert channel.requests == 1
    assert statuses() == ["sent"]


@pytest.mark.parametrize(
    ("status", "word"),
    [(400, "invalid_blocks"), (403, "action_prohibited"), (404, "channel_not_found"), (410, "channel_is_archived")],
)
def test_a_refusal_is_named_and_not_asked_again(
    saturday: int, board: None, channel: Channel, status: int, word: str
) -> None:
    channel.answers += [Response(word, status)]
    (outcome,) = sent()
    assert outcome.status == "refused"
    assert outcome.detail.startswith(f"slack POST /{{webhook}}: {status} {word}; once that is put right")
    assert statuses() == ["refused"]
    assert channel.requests == 1
    assert statuses(SATURDAY, "board", again=True) == ["sent"]


@pytest.mark.parametrize("trouble", [HANG_UP, STAND_STILL])
def test_what_was_posted_before_the_line_broke_is_never_posted_again(
    saturday: int, board: None, channel: Channel, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CX_HTTP_REQUEST_TIMEOUT_SECONDS", "1")
    channel.answers += [trouble]
    assert statuses() == ["unknown"]
    assert statuses() == ["unknown"]
    assert (channel.requests, len(channel.posted)) == (1, 1)


def test_a_webhook_that_is_gone_is_asked_by_the_next_run(
    saturday: int, board: None, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, 1)
    assert statuses() == ["failed"]
    connect(monkeypatch, channel.port)
    assert statuses() == ["sent"]


def test_a_page_in_its_place_is_no_channel(saturday: int, board: None, channel: Channel) -> None:
    channel.answers += [Response("<html>login</html>", 200, media_type="text/html")]
    (outcome,) = sent()
    assert (outcome.status, channel.requests) == ("refused", 1)
    assert "a webhook says ok" in outcome.detail


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"host": "http://hooks.slack.example/services"}, "is without TLS"),
        ({"password": ""}, "lacks host or password"),
        ({"host": ""}, "lacks host or password"),
    ],
)
def test_a_wrong_webhook_is_named_and_holds_up_nobody_else(
    saturday: int,
    subscribe: Subscribe,
    channel: Channel,
    postbox: Postbox,
    monkeypatch: pytest.MonkeyPatch,
    wrong: dict[str, str],
    says: str,
) -> None:
    subscribe(BOARD, {"name": "team", "to": ["ann@shop.example"]})
    connect(monkeypatch, channel.port, **wrong)
    first, second = sent()
    assert (first.status, second.status, channel.requests) == ("failed", "sent", 0)
    assert says in first.detail
    answers = {each.question: each for each in doctor.examine() if each.subject == "mail"}
    assert (answers["slack_board"].is_good, answers["server"].is_good) == (False, True)


def test_the_secret_is_in_no_log_and_no_ledger(
    saturday: int,
    board: None,
    channel: Channel,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    connect(monkeypatch, channel.port, password="T1/B1/another-secret")
    (outcome,) = sent()
    assert outcome.status == "refused"
    for told in (caplog.text, outcome.as_text(), str(ledger("reason", "recipient"))):
        assert "another-secret" not in told


def test_a_dry_run_writes_what_would_be_posted(saturday: int, board: None, channel: Channel) -> None:
    (path,) = mail.write_mails(SATURDAY)
    assert Path(path).name == "board-1.json"
    assert channel.requests == 0
    assert statuses() == ["sent"]
    assert [json.loads(Path(path).read_text(encoding="utf-8"))] == channel.posted
