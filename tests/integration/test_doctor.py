"""`cx doctor` asks every connection, and says of each problem what it is and what to do."""

import json

import pytest

from cx_etl import doctor
from cx_etl.doctor import Finding
from cx_etl.sources import SOURCES
from sandbox.connections import EXTRAS
from sandboxes import Sandbox


def _bad(findings: list[Finding]) -> dict[tuple[str, str], str]:
    return {(each.subject, each.question): each.answer for each in findings if not each.is_good}


@pytest.mark.parametrize("source", list(EXTRAS))
def test_a_source_in_order_is_good_in_every_respect(sandbox: Sandbox, source: str) -> None:
    findings = doctor.examine((source,))
    assert _bad(findings) == {}
    asked = [each.question for each in findings if each.subject == source]
    assert asked[:2] == [SOURCES[source].probes[0].name, "clock"]
    assert {probe.name for probe in SOURCES[source].probes} <= set(asked)
    assert len([question for question in asked if question == "budget"]) == len(SOURCES[source].budgets)


@pytest.mark.parametrize("source", list(EXTRAS))
def test_refused_credentials_are_told_and_nothing_more_is_asked(sandbox: Sandbox, source: str) -> None:
    sandbox.spoil({"system": source, "kind": "status", "status": 401, "times": 99})
    findings = doctor.examine((source,))
    ((_, answer),) = _bad(findings).items()
    assert "401" in answer
    assert "next: " in answer
    assert "quota left" not in {each.question for each in findings}


def test_a_missing_scope_is_named_with_what_it_costs(sandbox: Sandbox) -> None:
    sandbox.spoil({"system": "shopify", "kind": "access_denied", "value": "read_all_orders"})
    ((_, answer),) = _bad(doctor.examine(("shopify",))).items()
    assert "read_all_orders" in answer
    assert "60 days" in answer


def test_a_clock_that_is_off_is_told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CX_DATASET")
    found = _bad(doctor.examine(("typeform",)))
    assert "s off ours" in found["typeform", "clock"]


def test_a_connection_that_is_not_there_or_not_whole_is_told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_GORGIAS")
    monkeypatch.setenv("AIRFLOW_CONN_TYPEFORM", json.dumps({"host": sandbox.url}))
    found = _bad(doctor.examine(("gorgias", "typeform")))
    assert "there is no connection gorgias" in found["gorgias", "connection"]
    assert "the connection typeform has no password" in found["typeform", "connection"]


def test_a_warehouse_that_does_not_answer_is_told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_WAREHOUSE_DSN", "postgresql://nobody@127.0.0.1:1/nowhere")
    found = _bad(doctor.examine(("typeform",)))
    assert "the warehouse does not answer" in found["warehouse", "connection"]


def test_settings_that_cannot_be_read_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_SOURCES", "zendesk,nosuch")
    found = _bad(doctor.examine())
    assert "there is no source 'nosuch'" in found["cx.toml", "settings"]
