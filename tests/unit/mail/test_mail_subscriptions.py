"""Subscriptions: what is wrong is named with its subscription and key, and the hour is theirs on every day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cx_etl.errors import ConfigError
from cx_etl.mail.subscriptions import Subscription, subscriptions
from cx_etl.settings import ROOT
from tests.unit.mail.conftest import Subscribe

GOOD = {"name": "board", "to": ["ann@shop.example"]}
ZONES = (
    "UTC",
    "Europe/Lisbon",
    "America/Recife",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Havana",
)


def test_what_is_not_said_has_a_default(subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_TIME_ZONE", "Europe/Lisbon")
    subscribe(GOOD)
    (found,) = subscriptions()
    assert (found.segments, found.language, found.format, found.hour, found.zone, found.only_when) == (
        ("all",),
        "en",
        "html",
        7,
        "Europe/Lisbon",
        "always",
    )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"language": "tlh"}, r"'board': language .*\n.*one of en, ar, ur, pa, te, pt"),
        ({"format": "pdf"}, r"'board': format .*\n.*\"html\", \"text\" or \"slack\""),
        ({"only_when": "sometimes"}, r"'board': only_when .*\n.*things_to_look_at"),
        ({"hour": 24}, r"'board': hour .*\n.*from 0 to 23"),
        ({"hour": "7"}, r"'board': hour .*got `str`"),
        ({"zone": "Mars/Olympus"}, r"'board': zone is 'Mars/Olympus'"),
        ({"zone": "../etc"}, r"'board': zone is '../etc'"),
        ({"to": []}, r"'board': to .*length >= 1"),
        ({"to": "ann@shop.example"}, r"'board': to .*got `str`"),
        ({"to": ["ann@shop.example", 5]}, r"'board': to .*got `int`"),
        ({"to": ["ann"]}, r"'board': to has 'ann', which is no address"),
        ({"to": ["Ann <ann@shop.example>"]}, r"'board': to has 'Ann <ann@shop.example>'"),
        ({"to": ["ann@shop.example\r\nBcc: eve@x.example"]}, r"'board': to has 'ann@shop.example\\r\\nBcc"),
        ({"to": ["änn@shop.example"]}, r"'board': to has 'änn@shop.example'"),
        ({"to": ["ann@shop.example", "ann@shop.example"]}, r"'board': to has an address twice"),
        ({"segments": ["Portugal"]}, r"'board': segments has 'Portugal'"),
        ({"segments": ["country="]}, r"'board': segments has 'country='"),
        ({"segments": ["all"] * 11}, r"'board': segments .*length <= 10"),
        ({"format": "slack"}, r"'board': connection is missing\n.*slack_board"),
        ({"format": "slack", "connection": "slack_board"}, r"'board': to is of no use with format = \"slack\""),
        ({"format": "slack", "connection": "Slack board"}, r"'board': connection .*\n.*slack_board"),
        ({"connection": "slack_board"}, r"'board': connection is of no use with format = \"html\""),
        ({"link": "https://bi.shop.example"}, r"'board': link is of no use with format = \"html\""),
        ({"format": "slack", "link": "javascript:alert(1)"}, r"'board': link .*\n.*where the snapshots are"),
        ({"name": "the board"}, r"'the board': name .*\n.*letters, digits"),
        ({"houre": 7}, r"'board': houre is not a key of subscriptions\n.*the keys are name, to, segments"),
    ],
)
def test_a_wrong_key_is_named(subscribe: Subscribe, changed: dict[str, Any], says: str) -> None:
    subscribe({"name": "fine", "to": ["ben@shop.example"]}, {**GOOD, **changed})
    with pytest.raises(ConfigError, match=says):
        subscriptions()


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([{"to": ["ann@shop.example"]}], r"'\(without a name\)': name is missing"),
        ([{"name": "board"}], "'board': to is missing"),
        ([GOOD, GOOD], "there are two .* named 'board'"),
    ],
)
def test_what_is_missing_or_there_twice_is_named(subscribe: Subscribe, entries: list[Any], says: str) -> None:
    subscribe(*entries)
    with pytest.raises(ConfigError, match=says):
        subscriptions()


@given(night=st.dates(date(2000, 1, 1), date(2036, 12, 31)), hour=st.integers(0, 23), zone=st.sampled_from(ZONES))
def test_the_hour_is_the_first_moment_of_it_that_their_clocks_show(night: date, hour: int, zone: str) -> None:
    """The slow way: walk the minutes of the morning after, and look at the clock."""
    due = Subscription(name="board", to=("ann@shop.example",), hour=hour, zone=zone).due_at(night)
    morning = night + timedelta(days=1)
    here = ZoneInfo(zone)
    wanted = datetime(morning.year, morning.month, morning.day, hour)  # noqa: DTZ001
    noon = datetime(morning.year, morning.month, morning.day, 12, tzinfo=UTC)
    minutes = (noon + timedelta(minutes=minute) for minute in range(-48 * 60, 48 * 60, 15))
    shown = next(moment for moment in minutes if moment.astimezone(here).replace(tzinfo=None) >= wanted)
    late = due.astimezone(here).replace(tzinfo=None) - wanted
    if shown.astimezone(here).replace(tzinfo=None) == wanted:
        assert due == shown
    else:
        # The clocks skip it: due once they have, and within what they skip.
        assert due >= shown
        assert timedelta(0) <= late <= timedelta(days=1)


def test_the_example_in_the_settings_is_a_subscription(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "cx.toml").read_text(encoding="utf-8")
    assert subscriptions() == ()
    start = text.index("# [[subscriptions]]")
    end = text.index("\n\n", start)
    example = text[start:end].replace("# ", "", 1).replace("\n# ", "\n")
    (tmp_path / "cx.toml").write_text(text[:start] + example + text[end:], encoding="utf-8")
    monkeypatch.setenv("CX_CONFIG", str(tmp_path / "cx.toml"))
    found, message = subscriptions()
    assert (message.recipients, message.format) == (("slack_board",), "slack")
    assert (found.name, found.segments, found.hour, found.zone) == ("board", ("all", "country=PT"), 7, "Europe/Lisbon")
    assert set(found.__struct_fields__) == {line.split()[0] for line in example.splitlines() if "=" in line}
