"""Google Analytics' staging models say of every cell what the dataset's lines say."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from staged import Staged, staged_nights

NIGHT = date(2026, 11, 20)
# That of the sandbox's property.
ZONE = "America/New_York"
COUNTS = ("sessions", "engagedSessions", "keyEvents", "activeUsers", "totalUsers", "newUsers", "screenPageViews")
CHANNEL = "sessionDefaultChannelGroup"


def hidden_at(dataset: Path) -> datetime:
    """When the last channel was hidden."""
    with gzip.open(dataset / "ga4" / "channel_days.jsonl.gz", "rt") as lines:
        return max(datetime.fromisoformat(line["at"]) for line in map(json.loads, lines) if line.get("deleted"))


@pytest.fixture(scope="module")
def nights(small_dataset: Path) -> tuple[date, ...]:
    """The night that ends just before the channel is hidden, the next one, and the last one."""
    hidden = hidden_at(small_dataset).date()
    return (hidden - timedelta(days=1), hidden, NIGHT)


@pytest.fixture(scope="module")
def staged(
    small_dataset: Path,
    nights: tuple[date, ...],
    postgres: Any,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Staged]:
    work = tmp_path_factory.mktemp("staged_ga4")
    streams = dict.fromkeys(("channel_days", "channel_conversions", "device_days"), nights)
    with staged_nights("ga4", streams, small_dataset, postgres, template, work) as found:
        yield found


def cells(staged: Staged, stream: str, night: date = NIGHT) -> dict[str, dict[str, Any]]:
    now = datetime(night.year, night.month, night.day, 2, tzinfo=UTC) + timedelta(days=1)
    return staged.sandbox.records(f"ga4/{stream}", now)


@pytest.mark.parametrize(
    ("model", "key", "column", "dimension"),
    [
        ("channel_days", "channel_day_key", "channel", CHANNEL),
        ("device_days", "device_day_key", "device", "deviceCategory"),
    ],
)
def test_every_count_of_every_cell(staged: Staged, model: str, key: str, column: str, dimension: str) -> None:
    told = staged.rows(
        f"select {key}, property_date::text, property_time_zone, {column}, sessions, engaged_sessions, key_events,"
        f" active_users, total_users, new_users, page_views from staging.stg_ga4__{model} where not is_deleted"
    )
    expected = [
        (f"ga4:main:{cell['date']}:{cell[dimension]}", cell["date"], ZONE, cell[dimension], *(cell[n] for n in COUNTS))
        for cell in cells(staged, model).values()
    ]
    assert sorted(told) == sorted(expected)
    assert len({row[4:] for row in told}) > 40


def test_sessions_with_a_key_event_join_those_of_the_same_date_and_channel(staged: Staged) -> None:
    told = staged.rows(
        "select channel_day_key, conversions.converted_sessions, days.sessions"
        " from staging.stg_ga4__channel_conversions as conversions"
        " inner join staging.stg_ga4__channel_days as days using (channel_day_key)"
        " where not conversions.is_deleted and not days.is_deleted"
    )
    converted, days = cells(staged, "channel_conversions"), cells(staged, "channel_days")
    expected = [
        (f"ga4:main:{cell['date']}:{cell[CHANNEL]}", cell["sessions"], days[key]["sessions"])
        for key, cell in converted.items()
        if key in days
    ]
    assert sorted(told) == sorted(expected)
    assert len(expected) > 40


def test_what_was_hidden_since_is_marked_with_its_last_numbers(staged: Staged, nights: tuple[date, ...]) -> None:
    before, after = cells(staged, "channel_days", nights[0]), cells(staged, "channel_days", nights[1])
    expected = [
        (f"ga4:main:{key.replace('|', ':')}", cell["sessions"]) for key, cell in before.items() if key not in after
    ]
    told = staged.rows("select channel_day_key, sessions from staging.stg_ga4__channel_days where is_deleted")
    assert sorted(told) == sorted(expected)
    assert expected


def test_a_plain_report_says_that_it_is_whole(staged: Staged) -> None:
    for model in ("channel_days", "channel_conversions", "device_days"):
        flags = "is_thresholded, has_other_row, samples_read, samples_available"
        assert staged.rows(f"select distinct {flags} from staging.stg_ga4__{model}") == [(False, False, None, None)]
