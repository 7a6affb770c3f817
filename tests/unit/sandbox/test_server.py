"""The control endpoints, the clock, and how a dataset is read."""

import gzip
import shutil
from pathlib import Path

import httpx
from small_world import NOON, SETTINGS, iso, ticket, write_dataset

from sandbox.server import make_world


def test_health_names_the_dataset(http: httpx.Client) -> None:
    body = http.get("/_control/health").json()
    assert (body["status"], body["dataset"], body["now"]) == ("ok", "small", "2018-10-17T05:00:00Z")
    assert body["versions"]["zendesk/organizations"] == 0
    assert body["versions"]["zendesk/tickets"] == 75


def test_the_clock_sets_the_date_of_every_answer(http: httpx.Client) -> None:
    moved = http.put("/_control/clock", json={"now": "2018-10-16T09:00:00-03:00"})
    assert moved.json() == {"now": "2018-10-16T12:00:00Z"}
    for path in ("/_control/clock", "/typeform/forms", "/asknicely-files/none"):
        assert http.get(path).headers.get_list("Date") == ["Tue, 16 Oct 2018 12:00:00 GMT"]
    for body in ({"now": "2018-10-16T09:00:00"}, {"now": "soon"}, {}):
        assert http.put("/_control/clock", json=body).status_code == 400


def test_records_appear_change_and_disappear_with_the_clock(http: httpx.Client) -> None:
    seen = []
    for at in (NOON - 1, NOON, NOON + 9):
        http.put("/_control/clock", json={"now": iso(at)})
        body = http.post(
            "/shopify/admin/api/2026-10/graphql.json", json={"query": "{ customers(first: 5) { nodes { id } } }"}
        )
        seen.append(len(body.json()["data"]["customers"]["nodes"]))
    assert seen == [0, 3, 2]


def test_the_clock_starts_where_the_last_night_is_extracted(folder: Path) -> None:
    # 02:00 in Sao Paulo (UTC-3 on that day) after the night of the 16th.
    assert make_world(folder).clock.iso == "2018-10-17T05:00:00Z"


def test_packed_files_and_missing_streams(tmp_path: Path) -> None:
    write_dataset(tmp_path, {"zendesk/tickets": [ticket(1, NOON), ticket(1, NOON + 5)]})
    plain = tmp_path / "zendesk" / "tickets.jsonl"
    with plain.open("rb") as source, gzip.open(f"{plain}.gz", "wb") as target:
        shutil.copyfileobj(source, target)
    plain.unlink()
    world = make_world(tmp_path)
    assert (tmp_path / "dataset.toml").read_text() == SETTINGS
    assert [len(world.stream(name)) for name in ("zendesk/tickets", "shopify/orders")] == [2, 0]
    assert len(world.stream("zendesk/tickets").live(world.clock.unix)) == 1
