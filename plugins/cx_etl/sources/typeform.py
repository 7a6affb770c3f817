"""Typeform: forms and the completed responses of each form. What a field measures is declared in cx.toml.

Scopes: forms:read, responses:read. Cannot see: deleted responses (they disappear), responses of the last half hour.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from cx_etl.errors import DataError
from cx_etl.settings import Connection
from cx_etl.sources.base import Answer, Page, Request, Source, Stream, Table, Window, records_under


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


def _bearer(connection: Connection) -> dict[str, str]:
    return {"Authorization": f"Bearer {connection.password}"}


def _forms(window: Window) -> Request:
    # The list has no modified filter: it is short, and read whole each night.
    return Request("/forms", params={"page": "1", "page_size": "200"})


def _read_forms(answer: Answer) -> Page:
    body = answer.decoded()
    return Page(len(body["items"]), _next_list_page(answer.request, body), vendor_total=body["total_items"])


def _next_list_page(request: Request, body: Mapping[str, Any]) -> Request | None:
    page = int(request.params["page"])
    if page >= body["page_count"]:
        return None
    return msgspec.structs.replace(request, params={**request.params, "page": str(page + 1)})


def _responses(window: Window) -> Request:
    """The forms are listed first; each form's responses follow, since the window's start (inclusive seconds)."""
    since = window.start.strftime("%Y-%m-%dT%H:%M:%SZ")
    return msgspec.structs.replace(_forms(window), context={"since": since})


def _read_responses(answer: Answer) -> Page:
    if answer.request.path == "/forms":
        return _read_form_list(answer)
    body, request = answer.decoded(), answer.request
    items = body["items"]
    if len(items) < PAGE_SIZE:
        following = _form_request(request.todo, request.context)
    elif not items[-1].get("token"):
        raise DataError(f"typeform form {request.context['form_id']}: a full page ends in a response without token")
    else:
        following = msgspec.structs.replace(request, params={**request.params, "before": items[-1]["token"]})
    # Later pages count what is left; only the first says how many the form has in the window.
    total = body["total_items"] if "before" not in request.params else None
    return Page(len(items), following, vendor_total=total)


def _read_form_list(answer: Answer) -> Page:
    body, request = answer.decoded(), answer.request
    todo = (*request.todo, *(form["id"] for form in body["items"]))
    following = _next_list_page(request, body)
    if following:
        return Page(0, msgspec.structs.replace(following, todo=todo), land=False)
    return Page(0, _form_request(todo, request.context), land=False)


def _form_request(todo: tuple[str, ...], context: Mapping[str, str]) -> Request | None:
    if not todo:
        return None
    form, rest = todo[0], todo[1:]
    params = {"page_size": str(PAGE_SIZE), "since": context["since"], "response_type": "completed"}
    return Request(f"/forms/{form}/responses", params=params, context={**context, "form_id": form}, todo=rest)


SOURCE = Source(
    name="typeform",
    # Responses of about the last half hour may not be visible yet.
    lag=timedelta(minutes=30),
    headers=_bearer,
    streams=(
        Stream(
            name="forms",
            tables=(Table("typeform__forms", Form, "id"),),
            first=_forms,
            read=_read_forms,
            split=records_under("items"),
            version_at=lambda form: form.last_updated_at,
        ),
        Stream(
            name="responses",
            tables=(Table("typeform__responses", Response, "response_id"),),
            first=_responses,
            read=_read_responses,
            split=records_under("items"),
            version_at=lambda response: response.submitted_at,
            context_fields=("form_id",),
            overlap=timedelta(days=1),
        ),
    ),
)
