"""A person is erased everywhere, stays erased whatever is loaded again, and nobody else notices."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

import raw_state
from built_world import ModelsOnly
from cx_etl import publish, transform
from cx_etl.cli import cx
from cx_etl.errors import DataError
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.nightly import extract_all, load_all
from cx_etl.privacy import erase, proof
from cx_etl.settings import load_settings
from pipelines import Built, bring_in, pipeline
from sandboxes import Sandbox

ZONE = "UTC"
NIGHT = date(2026, 11, 20)
# Somebody whom every system of this world knows.
BUSIEST = """
    select lower(email) from raw.zendesk__users
    inner join raw.zendesk__tickets on zendesk__users.id = requester_id
    where lower(email) in (select lower("defaultEmailAddress__emailAddress") from raw.shopify__customers)
        and lower(email) in (select lower(email) from raw.asknicely__responses where comment <> '')
    group by 1 order by count(*) desc, 1 limit 1"""
FIGURES = """
    select metric_variant, grain, period_start, segment_name, segment_value, n, numerator, value
    from marts.metric_values where metric_variant not like 'comment%%' order by 1, 2, 3, 4, 5"""


@pytest.fixture(scope="module")
def world(
    small_dataset: Path, postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Sandbox, Built, str]]:
    """A published night, with the address of somebody in a log and in a rejected record."""
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(small_dataset, tmp_path_factory.mktemp("state"), ZONE, postgres, patch, "forgetting") as (
            sandbox,
            dsn,
        ),
    ):
        bring_in(sandbox, NIGHT, ZONE)
        _build_and_publish(dsn)
        built = Built(dsn)
        address = built.row(BUSIEST)["lower"]
        log = load_settings().state_dir / "logs" / "extract.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"refused: <{address.title()}> and joe{address}\n", encoding="utf-8")
        with psycopg.connect(dsn) as connection:
            connection.execute(
                "insert into raw.quarantine (source, account, stream, reason, table_name, payload, landing_file,"
                " record_offset, payload_hash, night, run_id, observed_at)"
                " values ('asknicely', 'main', 'responses', 'no id', 'asknicely__responses', %s, 'f', 1, 'x', %s, 'r',"
                " now())",
                (json.dumps({"email": address}).encode(), NIGHT),
            )
        yield sandbox, built, address


def _build_and_publish(dsn: str) -> None:
    settings = load_settings()
    opened = transform.open_build(settings, NIGHT)
    transform.run_models(ModelsOnly(settings, opened.build_id, opened.as_of_date, print), opened.basis)
    transform.close_build(opened)
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into ops.gate_results (build_id, mart, expectation, severity, success, reason, owner)"
            " values (%s, 'all', 'none', 'info', true, 'a test', 'data')",
            (opened.build_id,),
        )
    publish.publish(opened.build_id)


def _content(dsn: str) -> dict[str, str]:
    """The raw tables, but for what tells of loads; the hash is of the record as it was received."""
    return raw_state.content(dsn, raw_state.OURS | {"_row_hash"})


@pytest.fixture(scope="module")
def forgotten(world: tuple[Sandbox, Built, str]) -> dict[str, Any]:
    """The world as it was, what was exported, and what the erasure said."""
    _, built, address = world
    before = {"figures": built.rows(FIGURES), "counts": _counts(built.dsn), "places": proof.places_with(address)}
    exported = [json.loads(line) for line in CliRunner().invoke(cx, ["export", address]).output.splitlines()]
    others = built.rows("select * from raw.asknicely__responses where lower(btrim(email)) <> %s order by 1", address)
    done = erase.forget(address)
    return {**before, "exported": exported, "done": done, "others": others}


def _counts(dsn: str) -> dict[str, int]:
    with psycopg.connect(dsn) as connection:
        return {
            table: connection.execute(f"select count(*) from raw.{table}").fetchall()[0][0]
            for table in raw_state.tables(connection)
        }


def test_nothing_of_the_person_is_left(world: tuple[Sandbox, Built, str], forgotten: dict[str, Any]) -> None:
    _, built, address = world
    places = " ".join(forgotten["places"])
    for place in ("raw.zendesk__users", "marts_versions.dim_customers", "raw.quarantine", "landing", "extract.log"):
        assert place in places, "it was there before"
    assert proof.places_with(address) == []
    own = built.rows("select name, comment from raw.asknicely__responses where email = %s", forgotten["done"].pseudonym)
    assert own
    assert {row["name"] for row in own} | {row["comment"] for row in own} <= {"[erased]", "", None}
    words = built.rows(
        "select distinct body from raw.zendesk__ticket_events__child_events as said"
        " inner join raw.zendesk__ticket_events on said._parent_key = zendesk__ticket_events.id::text"
        " inner join raw.zendesk__tickets on ticket_id = zendesk__tickets.id"
        " inner join raw.zendesk__users on requester_id = zendesk__users.id where email = %s",
        forgotten["done"].pseudonym,
    )
    assert {row["body"] for row in words} <= {"[erased]", "", None}
    customer = built.rows("select name, phone from marts.dim_customers where email = %s", forgotten["done"].pseudonym)
    assert {row["name"] for row in customer} == {"[erased]"}


def test_others_stay_and_longer_addresses_too(world: tuple[Sandbox, Built, str], forgotten: dict[str, Any]) -> None:
    _, built, address = world
    kept = built.rows(
        "select * from raw.asknicely__responses where btrim(email) <> %s order by 1", forgotten["done"].pseudonym
    )
    assert kept == forgotten["others"]
    assert _counts(built.dsn) == forgotten["counts"]
    log = (load_settings().state_dir / "logs" / "extract.log").read_text(encoding="utf-8")
    assert log == f"refused: <{forgotten['done'].pseudonym}> and joe{address}\n"


def test_the_export_is_what_was_erased(world: tuple[Sandbox, Built, str], forgotten: dict[str, Any]) -> None:
    exported = {each["place"] for each in forgotten["exported"]}
    assert exported >= {"raw.zendesk__users", "raw.zendesk__tickets", "raw.shopify__orders", "raw.quarantine"}
    with psycopg.connect(world[1].dsn) as connection:
        marks = connection.execute("select count(*) from ops.erased_records").fetchall()[0][0]
    assert marks == len([each for each in forgotten["exported"] if each["place"] != "raw.quarantine"])


def test_again_is_the_same_as_once(world: tuple[Sandbox, Built, str], forgotten: dict[str, Any]) -> None:
    _, built, address = world
    before = _content(built.dsn)
    assert erase.forget(address).places == {}
    assert _content(built.dsn) == before


def test_what_is_loaded_or_sent_again_stays_erased(
    world: tuple[Sandbox, Built, str], forgotten: dict[str, Any]
) -> None:
    _, built, address = world
    before = _content(built.dsn)
    _empty(built.dsn)
    list(load_all(NIGHT))
    assert _content(built.dsn) == before, "from the landing"
    list(extract_all(NIGHT))
    assert proof.files_with(address) != [], "the vendor sends it again"
    list(load_all(NIGHT))
    assert _content(built.dsn) == before, "from the vendor"
    assert proof.places_with(address) == []


def _empty(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        tables = ", ".join(f"raw.{table}" for table in raw_state.tables(connection))
        connection.execute(f"truncate {tables}, ops.loads, ops.watermarks")


def test_figures_stay(world: tuple[Sandbox, Built, str], forgotten: dict[str, Any]) -> None:
    _, built, address = world
    _build_and_publish(built.dsn)
    assert built.rows(FIGURES) == forgotten["figures"]
    assert proof.places_with(address) == []


def test_a_place_that_cannot_be_erased_is_told(world: tuple[Sandbox, Built, str], forgotten: dict[str, Any]) -> None:
    _, built, address = world
    packed = load_settings().state_dir / "own-notes.bin"
    packed.write_bytes(b"\0" + address.upper().encode())
    with psycopg.connect(built.dsn) as connection:
        connection.execute("create table public.notes (note bytea)")
        connection.execute("insert into public.notes values (%s)", (address.encode(),))
    with pytest.raises(DataError, match=r"2 places: public\.notes, .*own-notes\.bin"):
        erase.forget(address)
    packed.unlink()
    with psycopg.connect(built.dsn) as connection:
        connection.execute("drop table public.notes")


def test_nobody_who_is_not_known_changes_nothing(world: tuple[Sandbox, Built, str], forgotten: dict[str, Any]) -> None:
    before = _content(world[1].dsn)
    assert erase.forget("nobody@mail.example").places == {}
    assert _content(world[1].dsn) == before


def test_what_is_no_address_is_refused(world: tuple[Sandbox, Built, str]) -> None:
    result = CliRunner().invoke(cx, ["forget", "ann"])
    assert result.exit_code != 0
    assert "no e-mail address" in str(result.exception)
