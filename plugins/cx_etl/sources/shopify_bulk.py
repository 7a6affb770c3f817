"""Shopify bulk operations: start one, ask how it is, take its file of JSON lines.

For lists of any length: no page can be lost or drift, and the vendor's own counts of objects and of roots prove that
the file is whole. A connection inside a list field cannot be exported; shopify_parts asks for those.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from cx_etl.errors import ConfigError, DataError, RestartError, RetriableError
from cx_etl.files import count_lines, line_parts
from cx_etl.sources.base import NOTHING, Answer, Page, Request, Window
from cx_etl.sources.shopify_access import require_scopes
from cx_etl.sources.shopify_documents import POLL, START, VERSION

GRAPHQL = f"/admin/api/{VERSION}/graphql.json"
LONGEST_WAIT_SECONDS = 10.0
# Another export runs, or five do: waited for as long as the stream may take.
BUSY = ("OPERATION_IN_PROGRESS", "LIMIT_REACHED")


class Line(msgspec.Struct):
    """What tells where a line belongs. The contract says whether its values are good."""

    id: Any = None
    parent_id: Any = msgspec.field(default=None, name="__parentId")


_decode_line = msgspec.json.Decoder(Line).decode


def graphql(document: str, variables: Mapping[str, Any], **context: str) -> Request:
    """The request that sends a document."""
    return Request(GRAPHQL, "POST", json={"query": document, "variables": dict(variables)}, context=context)


def since(window: Window) -> str:
    return window.start.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Bulk:
    """One export. ``tables`` says by kind of record (``LineItem``) which table of its stream a line goes to, 0 if not
    named. Lines of the ``passed_over`` kind only lead to their children.
    """

    document: str
    scopes: tuple[str, ...]
    tables: Mapping[str, int] = field(default_factory=dict)
    passed_over: str = ""
    poll: str = POLL

    def start(self, window: Window) -> tuple[Request, ...]:
        query = self.document.replace("SINCE", since(window))
        return (graphql(START, {"query": query}, step="start"),)

    def read(self, answer: Answer) -> Page:
        """Raises ConfigError for a missing scope, RestartError when the export ended without all of its data,
        RetriableError for a file cut short.
        """
        step = answer.request.context["step"]
        if step == "file":
            return self._read_file(answer)
        data = answer.decoded()["data"]
        if step == "start":
            return self._read_start(answer.request, data["bulkOperationRunQuery"])
        require_scopes(data, self.scopes)
        return self._read_poll(answer.request, data["bulkOperation"])

    def split(self, body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
        """A record per line. Children may stand anywhere behind their parents, so only the line itself says whose."""
        for line in body.splitlines():
            kind = _kind_of(line)
            if not kind or kind != self.passed_over:
                yield self.tables.get(kind, 0), msgspec.Raw(line)

    def _read_start(self, request: Request, payload: Mapping[str, Any]) -> Page:
        for error in payload["userErrors"]:
            if error["code"] in BUSY:
                return Page(0, (_later(request),), bodies=NOTHING)
            raise DataError(
                f"shopify refused the bulk query: {error['message']} ({error['code']})",
                "compare shopify_documents with the vendor's changelog",
            )
        return Page(0, (graphql(self.poll, {"id": payload["bulkOperation"]["id"]}, step="poll"),), bodies=NOTHING)

    def _read_poll(self, request: Request, operation: Mapping[str, Any] | None) -> Page:
        if operation is None:
            raise RestartError("shopify no longer knows the bulk operation it started", "run the night again")
        if operation["status"] in ("CREATED", "RUNNING"):
            return Page(0, (_later(request),), bodies=NOTHING)
        if operation["status"] != "COMPLETED":
            raise _ended(operation)
        context = {"step": "file", "objects": operation["objectCount"], "roots": operation["rootObjectCount"]}
        if operation["url"] is None:
            # Nothing changed. If the counts say otherwise, the records that they count are missing.
            return Page(0, vendor_total=self._records(context), bodies=NOTHING)
        return Page(0, (Request(operation["url"], context=context, is_file=True),), bodies=NOTHING)

    def _read_file(self, answer: Answer) -> Page:
        """The lines of the file, in parts. Fewer than the operation counted are a cut file, not a quiet night."""
        assert answer.file is not None
        context = answer.request.context
        objects, roots = int(context["objects"]), int(context["roots"])
        lines, is_whole = count_lines(answer.file)
        if lines != objects or not is_whole:
            raise RetriableError(f"shopify bulk file is cut: {lines} of {objects} lines", "run the night again")
        found = _count_roots(answer.file)
        if found != roots:
            raise RetriableError(
                f"shopify bulk file holds {found} records without a parent, {roots} were counted", "run the night again"
            )
        total = self._records(context)
        return Page(total, vendor_total=total, bodies=line_parts(answer.file))

    def _records(self, counts: Mapping[str, str]) -> int:
        return int(counts["objects"]) - (int(counts["roots"]) if self.passed_over else 0)


def _later(request: Request) -> Request:
    """The same request, after twice the wait."""
    return request.but(wait_seconds=min(LONGEST_WAIT_SECONDS, max(0.1, request.wait_seconds * 2)))


def _ended(operation: Mapping[str, Any]) -> ConfigError | RestartError:
    """Why there is no file. The partial one of a failed export is never loaded: it would look like a quiet night."""
    told = f"shopify bulk export ended as {operation['status']} ({operation['errorCode']})"
    if operation["errorCode"] == "ACCESS_DENIED":
        return ConfigError(told, "grant the app what the stream needs: `cx doctor` names it")
    return RestartError(told, "run the night again")


def _kind_of(line: bytes) -> str:
    """``LineItem`` of ``gid://shopify/LineItem/7``; nothing for a line that cannot be read, which is no good record."""
    try:
        parts = str(_decode_line(line).id).split("/")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return parts[3] if len(parts) > 4 else ""


def _count_roots(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(_decode_line(line).parent_id is None for line in lines if line.strip())
