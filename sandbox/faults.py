"""Faults on demand: rules that spoil the next matching answers, as data.

A rule names ``system``, ``path`` (part of the path), ``kind``, ``times`` (default 1) and ``after`` (how many matching
requests pass first). Kinds and their own keys:

status (status, retry_after, body) · throttled · html_error (status) · timeout (seconds) · cut_body (keep_length) ·
prefix (body: text before the answer) · repeat_page · reorder · withhold (record) · malform (field, value, record) ·
unknown_field (field, value) · advance_clock (seconds: the world moves on while somebody walks through its pages) ·
skew_date (seconds) · empty_page · bulk_failed (error_code). The last two are taken up by the vendors' own handlers.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox.clock import Clock

Answer = Callable[[], Awaitable[Response]]

LIST_KEYS = (
    "tickets", "ticket_events", "users", "organizations", "groups", "satisfaction_ratings", "data", "items", "nodes",
)  # fmt: skip
HTML = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
TRANSPORT = frozenset(
    {
        *("status", "throttled", "html_error", "timeout", "cut_body", "prefix", "repeat_page", "reorder", "withhold"),
        *("malform", "unknown_field", "advance_clock", "skew_date"),
    }
)
SEMANTIC = frozenset({"empty_page", "bulk_failed"})


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    """One fault as posted to ``/_control/faults``; ``times`` and ``after`` count down."""

    system: str
    kind: str
    path: str = ""
    times: int = 1
    after: int = 0
    status: int = 500
    retry_after: int | None = None
    body: Any = None
    seconds: float = 30.0
    keep_length: bool = True
    field: str = "unexpected_by_contract"
    value: Any = "surprise"
    record: int = 0
    error_code: str = "INTERNAL_SERVER_ERROR"
    struck: int = 0

    def __post_init__(self) -> None:
        if self.kind not in TRANSPORT | SEMANTIC:
            raise ValueError(f"unknown fault kind {self.kind!r}; known: {sorted(TRANSPORT | SEMANTIC)}")


class Faults:
    """The rules in force. ``serve`` runs one request through them."""

    def __init__(self, clock: Clock) -> None:
        self.rules: list[Rule] = []
        self._clock = clock
        self._pages: dict[int, Response] = {}

    def add(self, text: bytes) -> int:
        """Add a JSON list of rules; a rule that is not understood refuses the whole list."""
        rules = msgspec.json.decode(text, type=list[Rule])
        self.rules.extend(rules)
        return len(self.rules)

    def clear(self) -> None:
        self.rules, self._pages = [], {}

    def take(self, system: str, path: str, kinds: frozenset[str] | set[str]) -> Rule | None:
        """The first rule that strikes this request, used up by one; rules still waiting count the request."""
        for rule in self.rules:
            if rule.times > 0 and rule.kind in kinds and rule.system == system and rule.path in path:
                if rule.after > 0:
                    rule.after -= 1
                    continue
                rule.times -= 1
                rule.struck += 1
                return rule
        return None

    async def serve(self, system: str, request: Request, answer: Answer) -> Response:
        """The handler's answer, spoilt when a rule says so."""
        path = request.url.path
        rule = self.take(system, path, TRANSPORT)
        if rule is None:
            return self._keep(system, path, await answer())
        if rule.kind == "timeout":
            await asyncio.sleep(rule.seconds)
            return await answer()
        if rule.kind in REPLACE:
            return REPLACE[rule.kind](rule)
        if rule.kind == "repeat_page":
            return await self._repeat(rule, answer)
        if rule.kind == "advance_clock":
            self._clock.set(self._clock.now + timedelta(seconds=rule.seconds))
            return await answer()
        if rule.kind == "skew_date":
            return self._skew(rule, await answer())
        return CHANGE[rule.kind](rule, await answer())

    def _skew(self, rule: Rule, response: Response) -> Response:
        """The answer with a ``Date`` that is that many seconds off."""
        response.headers["Date"] = format_datetime(self._clock.now + timedelta(seconds=rule.seconds), usegmt=True)
        return response

    async def _repeat(self, rule: Rule, answer: Answer) -> Response:
        """The page before this one again; while there is none the rule stays unused."""
        if id(rule) in self._pages:
            return self._pages.pop(id(rule))
        rule.times += 1
        rule.struck -= 1
        self._pages[id(rule)] = await answer()
        return self._pages[id(rule)]

    def _keep(self, system: str, path: str, response: Response) -> Response:
        """Remember a good page for the repeat rules that wait for the next one."""
        for rule in self.rules:
            if rule.kind == "repeat_page" and rule.times > 0 and rule.system == system and rule.path in path:
                self._pages[id(rule)] = response
        return response


def fixed_status(rule: Rule) -> Response:
    """The given status, with the given body or a plain one."""
    headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    if isinstance(rule.body, str):
        return Response(rule.body, rule.status, headers, "text/plain; charset=utf-8")
    body = {"error": f"HTTP {rule.status}"} if rule.body is None else rule.body
    return Response(msgspec.json.encode(body), rule.status, headers, "application/json")


def throttled(rule: Rule) -> Response:
    """Shopify's refusal, which is a 200."""
    status = {"maximumAvailable": 4000.0, "currentlyAvailable": 0, "restoreRate": 200.0}
    cost = {"requestedQueryCost": 1000, "actualQueryCost": None, "throttleStatus": status}
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    body = {"errors": errors, "extensions": {"cost": cost}}
    return Response(msgspec.json.encode(body), 200, media_type="application/json")


def html_error(rule: Rule) -> Response:
    """A proxy's error page where JSON was expected."""
    return Response(HTML, rule.status, media_type="text/html")


def cut_body(rule: Rule, response: Response) -> Response:
    """Half of the body; with ``keep_length`` the header still promises all of it, as when a connection breaks."""
    whole = bytes(response.body)
    cut = copy_response(response, whole[: len(whole) // 2])
    if rule.keep_length:
        cut.headers["content-length"] = str(len(whole))
    return cut


def prefix(rule: Rule, response: Response) -> Response:
    """The rule's text in front of the body, as a server prints its own warnings."""
    return copy_response(response, str(rule.body).encode() + bytes(response.body))


def malform(rule: Rule, response: Response) -> Response:
    """Put the value into the (dotted) field of the n-th record."""
    return change_records(response, rule, only=rule.record)


def unknown_field(rule: Rule, response: Response) -> Response:
    """Add the field to every record of the page."""
    return change_records(response, rule, only=None)


def reorder(rule: Rule, response: Response) -> Response:
    """The records of the page in reverse."""
    return change_page(response, lambda records: records.reverse())


def withhold(rule: Rule, response: Response) -> Response:
    """Leave the n-th record out, while every count in the answer says that it is there."""
    return change_page(response, lambda records: records.pop(rule.record) if records else None)


def change_records(response: Response, rule: Rule, only: int | None) -> Response:
    """Set the rule's field in one or all records of a page."""

    def change(records: list[dict[str, Any]]) -> None:
        for number, record in enumerate(records):
            if only is None or number == only:
                set_field(record, rule.field, rule.value)

    return change_page(response, change)


def change_page(response: Response, change: Callable[[list[dict[str, Any]]], Any]) -> Response:
    """Change the records of a JSON page or of a JSONL file in place."""
    is_lines = response.headers.get("content-type", "").startswith("application/jsonl")
    body = bytes(response.body)
    page = msgspec.json.Decoder().decode_lines(body) if is_lines else msgspec.json.decode(body)
    records = records_of(page)
    change(records)
    if is_by_name(page):
        page = {name: value for name, value in page.items() if any(value is kept for kept in records)}
    return copy_response(response, msgspec.json.Encoder().encode_lines(page) if is_lines else msgspec.json.encode(page))


def records_of(page: Any) -> list[dict[str, Any]]:
    """The records of a page: a bare list, one under a vendor's key, the edges of a connection, or records by name."""
    if isinstance(page, list):
        return page
    if not isinstance(page, dict):
        return []
    if isinstance(page.get("edges"), list):
        return [edge["node"] for edge in page["edges"]]
    found = next((page[key] for key in LIST_KEYS if isinstance(page.get(key), list)), None)
    if found is not None:
        return found
    if is_by_name(page):
        return list(page.values())
    return next((rows for value in page.values() if (rows := records_of(value) if isinstance(value, dict) else [])), [])


def is_by_name(page: Any) -> bool:
    """Whether the page is an object that holds its records under their names, as answers on parcels do."""
    return isinstance(page, dict) and all(
        isinstance(value, dict) and "tracking_data" in value for value in page.values()
    )


def set_field(record: dict[str, Any], dotted: str, value: Any) -> None:
    """Set a nested field, making the objects on the way."""
    *parents, last = dotted.split(".")
    for name in parents:
        record = record.setdefault(name, {})
    record[last] = value


def copy_response(response: Response, body: bytes) -> Response:
    """The same answer with another body and its length."""
    headers = {key: value for key, value in response.headers.items() if key != "content-length"}
    return Response(body, response.status_code, headers)


REPLACE: dict[str, Callable[[Rule], Response]] = {
    "status": fixed_status, "throttled": throttled, "html_error": html_error,
}  # fmt: skip
CHANGE: dict[str, Callable[[Rule, Response], Response]] = {
    "cut_body": cut_body, "prefix": prefix, "malform": malform, "unknown_field": unknown_field, "reorder": reorder,
    "withhold": withhold,
}  # fmt: skip
