"""Typeform: forms and the completed responses of each form. What a field measures is declared in cx.toml.

Scopes: forms:read, responses:read. Cannot see: deleted responses (they disappear), responses of the last half hour.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from cx_etl.auth import HeaderAuth, bearer
from cx_etl.errors import DataError
from cx_etl.settings import Connection
from cx_etl.sources.base import NOTHING, Answer, Page, Request, Source, Stream, Table, Window, records_under


class Form(msgspec.Struct):
    id: str
    title: str
    last_updated_at: datetime
    created_at: datetime | None = None


class Field(msgspec.Struct):
    id: str
    type: str
    ref: str | None = None


class Choice(msgspec.Struct):
    label: str | None = None


class FieldAnswer(msgspec.Struct):
    field: Field
    type: str
    number: float | None = None
    text: str | None = None
    boolean: bool | None = None
    choice: Choice | None = None


class Hidden(msgspec.Struct):
    customer_email: str | None = None
    order_id: str | None = None
    ticket_id: str | None = None
    channel: str | None = None


class Response(msgspec.Struct):
    """One response; ``form_id`` is not in the vendor's record but in the context of the request that fetched it."""

    response_id: str
    landed_at: datetime
    submitted_at: datetime
    form_id: str = ""
    token: str | None = None
    response_type: str | None = None
    hidden: Hidden | None = None
    answers: list[FieldAnswer] | None = None


PAGE_SIZE = 1000


def _token(connection: Connection) -> HeaderAuth:
    return bearer(connection.password)


def _forms(window: Window) -> tuple[Request, ...]:
    # The list has no modified filter: it is short, and read whole each night.
    return (Request("/forms", params={"page": "1", "page_size": "200"}),)


def _read_forms(answer: Answer) -> Page:
    body, request = answer.decoded(), answer.request
    total = body["total_items"] if request.params["page"] == "1" else None
    return Page(len(body["items"]), _next_list_page(request, body), total)


def _next_list_page(request: Request, body: Mapping[str, Any]) -> tuple[Request, ...]:
    page = int(request.params["page"])
    return (request.with_params(page=str(page + 1)),) if page < body["page_count"] else ()


def _responses(window: Window) -> tuple[Request, ...]:
    """The forms are listed first; each form's responses follow, since the window's start (inclusive seconds)."""
    since = window.start.strftime("%Y-%m-%dT%H:%M:%SZ")
    return tuple(request.but(context={"since": since}) for request in _forms(window))


def _read_responses(answer: Answer) -> Page:
    if answer.request.path == "/forms":
        return _read_form_list(answer)
    body, request = answer.decoded(), answer.request
    items = body["items"]
    # Later pages count what is left; only the first says how many the form has in the window.
    total = body["total_items"] if "before" not in request.params else None
    if len(items) < PAGE_SIZE:
        return Page(len(items), (), total)
    if not items[-1].get("token"):
        raise DataError(f"typeform form {request.chain}: a full page ends in a response without token")
    return Page(len(items), (request.with_params(before=items[-1]["token"]),), total)


def _read_form_list(answer: Answer) -> Page:
    body, request = answer.decoded(), answer.request
    forms = (_form_request(form["id"], request.context) for form in body["items"])
    return Page(0, (*_next_list_page(request, body), *forms), bodies=NOTHING)


def _form_request(form: str, context: Mapping[str, str]) -> Request:
    params = {"page_size": str(PAGE_SIZE), "since": context["since"], "response_type": "completed"}
    return Request(f"/forms/{form}/responses", params=params, context={"form_id": form}, chain=form)


SOURCE = Source(
    name="typeform",
    # Responses of about the last half hour may not be visible yet.
    lag=timedelta(minutes=30),
    auth=_token,
    streams=(
        Stream(
            name="forms",
            tables=(Table("typeform__forms", Form, "id"),),
            start=_forms,
            read=_read_forms,
            split=records_under("items"),
            version_at=lambda form: form.last_updated_at,
        ),
        Stream(
            name="responses",
            tables=(Table("typeform__responses", Response, "response_id"),),
            start=_responses,
            read=_read_responses,
            split=records_under("items"),
            version_at=lambda response: response.submitted_at,
            context_fields=("form_id",),
            overlap=timedelta(days=1),
        ),
    ),
)
