"""Hootsuite's analytics: restated for weeks, at most ten profiles, 30 days of changes, two years of posts."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from own_world import at, line
from social import CHANNEL, LISTS, NIGHT, NOW, PAGE, bring_in, fetch, metrics, nights, post, world

from cx_etl import landing
from cx_etl.errors import CxError, RetriableError
from raw_state import answer
from sandbox.records import hootsuite as records
from sandboxes import Sandbox


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
    monkeypatch.setattr(f"{LISTS}.FIRST_DAY", "2026-01-01")


def test_numbers_are_restated_and_a_metric_that_vanishes_keeps_what_it_last_said(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = at("2026-10-25 09:00")
    lines = [
        line(created, post(created, created, likes=1, impressions=9)),
        line(at("2026-11-20 09:00"), post(created, at("2026-11-20 09:00"), likes=500, views=70)),
    ]
    dates = [
        line(at(f"{seen} 09:00"), records.profile_day(profile=CHANNEL, day=created.date(), metrics=found))
        for seen, found in (
            ("2026-10-26", {"views": records.total(5, country={"PT": 3, "GB": 2}), "impressions": records.total(8)}),
            ("2026-11-20", {"views": records.total(7, country={"PT": 6, "BR": 1})}),
        )
    ]
    with world(tmp_path, monkeypatch, {"post_analytics": lines, "profile_analytics": dates}) as server:
        for stream in ("post_analytics", "profile_analytics"):
            nights(server, stream, date(2026, 10, 26), date(2026, 11, 10), NIGHT)
    assert metrics(warehouse) == {
        f"p20261025 {name}": value for name, value in (("likes", 500), ("views", 70), ("impressions", 9))
    }
    told = "select name, breakdown, dimension, value from raw.hootsuite__profile_metrics order by 1, 2, 3"
    assert fetch(warehouse, told) == [
        ("impressions", "", "", 8),
        *(("views", "", "", 7), ("views", "country", "BR", 1)),
        *(("views", "country", "GB", 2), ("views", "country", "PT", 6)),
    ]


def test_an_old_post_that_is_seen_again_is_found_as_modified(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = at("2026-02-01 09:00")
    lines = [line(created, post(created, created, likes=1))]
    lines.append(line(at("2026-11-20 09:00"), post(created, at("2026-11-20 09:00"), likes=9_000)))
    with world(tmp_path, monkeypatch, {"post_analytics": lines}) as server:
        nights(server, "post_analytics", date(2026, 11, 19), NIGHT)
    assert metrics(warehouse) == {"p20260201 likes": 9_000}


def test_after_an_outage_longer_than_the_vendors_memory_of_changes_all_posts_are_read(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The post changed 50 days ago, during an outage of 60: ``lastModified`` no longer reaches it."""
    created = at("2026-02-01 09:00")
    lines = [line(created, post(created, created, likes=1))]
    lines.append(line(at("2026-10-01 09:00"), post(created, at("2026-10-01 09:00"), likes=77)))
    with world(tmp_path, monkeypatch, {"post_analytics": lines}) as server:
        nights(server, "post_analytics", date(2026, 9, 21), NIGHT)
    assert metrics(warehouse) == {"p20260201 likes": 77}


def test_posts_of_more_than_two_years_ago_are_not_asked_for(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor would refuse all of it: what it still gives arrives."""
    moments = [at("2024-11-20 09:00"), at("2024-11-23 09:00")]
    lines = [line(moment, post(moment, moment, likes=1)) for moment in moments]
    profiles = [line(at("2024-01-01 00:00"), PAGE)]
    with world(tmp_path, monkeypatch, {"post_analytics": lines, "social_profiles": profiles}) as server:
        nights(server, "post_analytics", NIGHT)
    assert metrics(warehouse) == {"p20241123 likes": 1}


def test_more_than_ten_profiles_are_asked_for_in_tens(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [records.profile(200 + number, "FACEBOOKPAGE", None) for number in range(23)]
    created = at("2026-11-19 09:00")
    streams = {
        "social_profiles": [line(at("2026-01-01 00:00"), each) for each in many],
        "post_analytics": [
            line(created, post(created, created, each, likes=1) | {"id": each["id"], "externalId": each["id"]})
            for each in many
        ],
    }
    with world(tmp_path, monkeypatch, streams) as server:
        nights(server, "post_analytics", NIGHT)
    assert set(metrics(warehouse)) == {f"{each['id']} likes" for each in many}


@pytest.mark.parametrize("stream", ["post_analytics", "profile_analytics"])
def test_a_run_that_goes_on_after_days_begins_anew(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    """What its requests ask for lies too far back by then, which the vendor refuses."""
    monkeypatch.setattr(f"{LISTS}.PAGE_SIZE", 10)
    sandbox.spoil(
        {"system": "hootsuite", "path": "/analytics/", "kind": "status", "status": 503, "times": 3, "after": 2}
    )
    with pytest.raises(RetriableError, match="503"):
        bring_in(stream)
    sandbox.at_end_of(NIGHT + timedelta(days=3))
    report, _ = bring_in(stream)
    assert not report.resumed
    given_up, _ = landing.runs("hootsuite", stream, NIGHT)
    assert "the run began too long ago" in (given_up.path / "abandoned.txt").read_text()
    later = sandbox.records(f"hootsuite/{stream}", NOW + timedelta(days=3))
    assert answer(warehouse, f"select count(*) from raw.hootsuite__{stream}") == len(later)


def test_a_request_that_is_refused_for_itself_is_not_tried_again(sandbox: Sandbox, warehouse: str) -> None:
    body = {"title": "invalid-argument", "status": 422, "detail": "networkId is not known"}
    sandbox.spoil(
        {"system": "hootsuite", "path": "/analytics/", "kind": "status", "status": 422, "body": body, "times": 9}
    )
    with pytest.raises(CxError, match=r"422 .*networkId is not known"):
        bring_in("post_analytics")
    assert sandbox.struck() == 1
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0
