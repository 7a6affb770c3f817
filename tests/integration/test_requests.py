"""Statuses that a request takes as an answer, and files that a vendor put elsewhere and that have expired."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cx_etl.connections import connection
from cx_etl.errors import CxError, RetriableError
from cx_etl.extract import extract
from cx_etl.http import Client
from cx_etl.load import load
from cx_etl.sources import typeform
from cx_etl.sources.base import Answer, Page, Request
from raw_state import answer
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
GONE = Request("/forms/nobody_made_this", accepts=(404,))


@pytest.fixture
def client(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "2")
    with Client(typeform.SOURCE, connection("typeform"), tmp_path) as client:
        yield client


def _read(answer: Answer) -> Page:
    return Page(0)


def test_a_status_that_the_request_takes_is_an_answer(client: Client) -> None:
    taken, _ = client.send(GONE, _read)
    assert (taken.status, taken.decoded()["code"]) == (404, "FORM_NOT_FOUND")
    assert client.send(Request("/forms"), _read)[0].status == 200
    assert client.calls == 2


def test_the_same_status_fails_a_request_that_does_not_take_it(client: Client) -> None:
    with pytest.raises(CxError, match="typeform GET /forms/nobody_made_this: 404"):
        client.send(GONE.but(accepts=()), _read)


def test_a_page_of_a_proxy_is_no_vendors_word(sandbox: Sandbox, client: Client) -> None:
    sandbox.spoil({"system": "typeform", "path": "nobody", "kind": "html_error", "status": 404, "times": 2})
    with pytest.raises(RetriableError, match="an HTML page instead of data"):
        client.send(GONE, _read)


def test_an_expired_file_behind_a_redirect_is_made_by_asking_again(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.asknicely.REDIRECT_ABOVE", 10)
    sandbox.spoil({"system": "asknicely-files", "kind": "status", "status": 403})
    report = extract("asknicely", "responses", NIGHT)
    load("asknicely", "responses", NIGHT)
    expected = sandbox.records("asknicely/responses", datetime(2026, 11, 21, 2, tzinfo=UTC))
    assert answer(warehouse, "select count(*) from raw.asknicely__responses") == len(expected)
    # Each of the two pages is a call and its file; the first file had expired.
    assert (report.pages, report.calls) == (2, 6)
