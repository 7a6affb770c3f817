"""Faults on demand: rules that spoil the next matching answers, as data.

A rule names ``system``, ``path`` (part of the path), ``kind``, ``times`` (default 1) and ``after`` (how many matching
requests pass first). Kinds and their own keys:

status (status, retry_after, body) · throttled · html_error (status) · timeout (seconds) · cut_body (keep_length) ·
prefix (body: text before the answer) · damage · repeat_page · reorder · withhold (record) ·
malform (field, value, record) · unknown_field (field, value) · advance_clock (seconds: the world moves on while
somebody walks through its pages) · skew_date (seconds) · empty_page · bulk_failed (error_code) ·
access_denied (value: a scope). The last three are taken up by the vendors' own handlers; access_denied stands until the
rules are cleared.
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
from sandbox.spoiling import CHANGE, REPLACE

Answer = Callable[[], Awaitable[Response]]

TRANSPORT = frozenset(
    {
        *("status", "throttled", "html_error", "timeout", "cut_body", "prefix", "damage", "repeat_page", "reorder"),
        *("withhold", "malform", "unknown_field", "advance_clock", "skew_date"),
    }
)
SEMANTIC = frozenset({"empty_page", "bulk_failed", "access_denied"})


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

    def standing(self, system: str, kind: str) -> list[Rule]:
        """The rules that describe a state rather than strike a request; none is used up."""
        return [rule for rule in self.rules if rule.system == system and rule.kind == kind]

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
