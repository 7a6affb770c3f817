"""Typeform: forms and the responses of each form. What a field measures is declared in cx.toml.

Scopes: forms:read, responses:read. Limits: 2 calls a second, without a word on when to go on. Cannot see: deleted
responses (they disappear; the weekly reconcile finds them), responses of the last half hour. Unfinished responses are
read if `[options.typeform] response_types` names them: "completed" (the default), "partial", "started".
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from cx_etl.auth import HeaderAuth, bearer
from cx_etl.connections import Connection
from cx_etl.errors import ConfigError, DataError, RestartError
from cx_etl.settings import load_settings
from cx_etl.sources.base import (
    NOTHING,
    Answer,
    Budget,
    Page,
    Probe,
    Request,
    Source,
    Stream,
    Table,
    Window,
    records_under,
)


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
    other: str | None = None


class Choices(msgspec.Struct):
    labels: list[str] | None = None
    other: str | None = None


class FieldAnswer(msgspec.Struct):
    field: Field
    type: str
    number: float | None = None
    text: str | None = None
    boolean: bool | None = None
    choice: Choice | None = None
    choices: Choices | None = None
    date: str | None = None
    email: str | None = None
    phone_number: str | None = None
    url: str | None = None
    file_url: str | None = None


class Hidden(msgspec.Struct):
    customer_email: str | None = None
    order_id: str | None = None
    ticket_id: str | None = None
    channel: str | None = None


class Response(msgspec.Struct):
    """One response; ``form_id`` is not in the vendor's record but in the context of the request that fetched it.

    Each type has a clock of its own, by which the vendor finds it. An unfinished one may say that it was submitted in
    the year 1.
    """

    response_id: str
    landed_at: datetime
    form_id: str = ""
    submitted_at: datetime | None = None
    staged_at: datetime | None = None
    token: str | None = None
    response_type: str | None = None
    hidden: Hidden | None = None
    answers: list[FieldAnswer] | None = None

    def __post_init__(self) -> None:
        if self.is_completed and self.submitted_at is None:
            raise ValueError("a completed response without submitted_at")

    @property
    def is_completed(self) -> bool:
        return self.response_type in (None, "completed")

    @property
    def moved_at(self) -> datetime:
        """The clock of its type: submitted, staged or landed."""
        own = self.submitted_at if self.is_completed else self.staged_at if self.response_type == "partial" else None
        return own or self.landed_at


PAGE_SIZE = 1000
TYPES = ("completed", "partial", "started")


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


def _types() -> list[str]:
    """The types of responses that are read. Raises ConfigError for one that there is not."""
    chosen = list(load_settings().options.get("typeform", {}).get("response_types", TYPES[:1]))
    if not chosen or not set(chosen) <= set(TYPES):
        raise ConfigError(f"[options.typeform] response_types is {chosen}", f"write some of {', '.join(TYPES)}")
    return chosen


def _read_responses(answer: Answer) -> Page:
    request = answer.request
    if request.path == "/forms":
        return _read_form_list(answer)
    if not request.path.endswith("/responses"):
        return _gone(answer)
    if answer.status == 404:
        # Only the form itself can say that it is gone, rather than that its responses could not be found.
        ask = Request(f"/forms/{request.context['form_id']}", context=request.context, accepts=(404,))
        return Page(0, (ask,), bodies=NOTHING)
    return _read_form(answer)


def _gone(answer: Answer) -> Page:
    """The word of the form itself on whether it still exists."""
    form = answer.request.context["form_id"]
    if answer.status != 404:
        raise RestartError(f"typeform does not find the responses of form {form}, but the form", "run again")
    return Page(0, bodies=NOTHING, note=f"form {form} no longer exists: nothing of it was read")


def _read_form(answer: Answer) -> Page:
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
    forms = [_form_request(form["id"], each, request.context) for form in body["items"] for each in _types()]
    return Page(0, (*_next_list_page(request, body), *forms), bodies=NOTHING)


def _form_request(form: str, kind: str, context: Mapping[str, str]) -> Request:
    """The responses of one type: asked for together, each would be found by another clock."""
    params = {"page_size": str(PAGE_SIZE), "since": context["since"], "response_type": kind}
    path = f"/forms/{form}/responses"
    return Request(path, params=params, context={"form_id": form}, chain=f"{form} {kind}", accepts=(404,))


def _judge_user(answer: Answer) -> str:
    user = answer.decoded()
    return str(user.get("email") or user.get("alias") or "a user")


def _judge_forms(answer: Answer) -> str:
    return f"{answer.decoded()['total_items']} forms, of which {' and '.join(_types())} responses are read"


SOURCE = Source(
    name="typeform",
    # Responses of about the last half hour may not be visible yet.
    lag=timedelta(minutes=30),
    auth=_token,
    budgets=(Budget("calls a second", 2, 1),),
    probes=(
        Probe("user", Request("/me"), _judge_user),
        Probe("forms", Request("/forms", params={"page": "1", "page_size": "1"}), _judge_forms),
    ),
    streams=(
        Stream(
            name="forms",
            tables=(Table("typeform__forms", Form, "id"),),
            start=_forms,
            read=_read_forms,
            split=records_under("items"),
            version_at=lambda form: form.last_updated_at,
            found_by="",
            absent_is_deleted=True,
        ),
        Stream(
            name="responses",
            tables=(Table("typeform__responses", Response, "response_id"),),
            start=_responses,
            read=_read_responses,
            split=records_under("items"),
            version_at=lambda response: response.moved_at,
            context_fields=("form_id",),
            overlap=timedelta(days=1),
        ),
    ),
)
