"""Parts of changed Shopify orders, asked for by id: for connections inside an order's lists, which no export can walk.

The changed orders are listed page by page; each page leads to the parts it names, and every one of them must be
answered. The listing follows the cursor of the time it is sorted by: an order that is edited meanwhile comes again at
the end, and none is passed over.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cx_etl.errors import RestartError, RetriableError
from cx_etl.sources.base import NOTHING, Answer, Page, Request, Window
from cx_etl.sources.shopify_access import require_scopes
from cx_etl.sources.shopify_bulk import graphql, since


@dataclass(frozen=True)
class Parts:
    """``parts`` is the list of an order and ``inner`` the connection of each part. ``rest_document`` walks on where one
    does not end on the page; there the part is found under ``part``. ``sizes`` says how many orders a page lists, and
    how many parts are asked for at once.
    """

    listing: str
    document: str
    rest_document: str
    parts: str
    part: str
    inner: str
    scopes: tuple[str, ...]
    sizes: Callable[[], tuple[int, int]]

    def start(self, window: Window) -> tuple[Request, ...]:
        orders, parts = self.sizes()
        variables = {"first": orders, "after": None, "query": f"updated_at:>='{since(window)}'"}
        return (graphql(self.listing, variables, step="listing", parts=str(parts)),)

    def read(self, answer: Answer) -> Page:
        """Raises ConfigError for a missing scope, RetriableError for a part that was asked for and is not there."""
        data, step = answer.decoded()["data"], answer.request.context["step"]
        if step == "listing":
            return self._read_listing(answer, data)
        parts = [data[self.part]] if step == "rest" else data["nodes"]
        _require_answered(answer, parts)
        rest = [request for part in parts for request in self._rest(part)]
        inner = sum(len(part[self.inner]["nodes"]) for part in parts)
        return Page(inner if step == "rest" else inner + len(parts), tuple(rest))

    def split(self, body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
        """The parts without their connection, and its nodes with the part's id as ``__parentId``, as bulk files do."""
        data = msgspec.json.decode(body, type=dict[str, Any])["data"]
        if self.part in data:
            yield from self._nodes(data[self.part])
            return
        for part in data["nodes"]:
            yield 0, _raw({key: value for key, value in part.items() if key != self.inner})
            yield from self._nodes(part)

    def _read_listing(self, answer: Answer, data: Mapping[str, Any]) -> Page:
        require_scopes(data, self.scopes)
        ids = [part["id"] for order in data["orders"]["nodes"] for part in order[self.parts]]
        size = int(answer.request.context["parts"])
        batches = [ids[start : start + size] for start in range(0, len(ids), size)]
        details = [graphql(self.document, {"ids": batch}, step="parts") for batch in batches]
        return Page(0, (*details, *_behind(data["orders"]["pageInfo"], answer.request)), bodies=NOTHING)

    def _nodes(self, part: Mapping[str, Any]) -> Iterator[tuple[int, msgspec.Raw]]:
        for node in part[self.inner]["nodes"]:
            yield 1, _raw({**node, "__parentId": part["id"]})

    def _rest(self, part: Mapping[str, Any]) -> tuple[Request, ...]:
        return _behind(part[self.inner]["pageInfo"], graphql(self.rest_document, {"id": part["id"]}, step="rest"))


def _require_answered(answer: Answer, parts: list[Mapping[str, Any] | None]) -> None:
    """The parts that were asked for, each of them. One that is gone would not be named by a new listing."""
    variables = (answer.request.json or {})["variables"]
    asked = variables.get("ids") or [variables["id"]]
    if None in parts:
        raise RestartError("shopify: a record that was listed is gone while it was read", "run the night again")
    if {str(part["id"]) for part in parts if part} != set(asked):
        raise RetriableError("shopify: the records answered are not those asked for", "run the night again")


def _behind(info: Mapping[str, Any], request: Request) -> tuple[Request, ...]:
    """The request behind the cursor; none at the vendor's own end signal."""
    if not info["hasNextPage"]:
        return ()
    if not info["endCursor"]:
        raise RetriableError("shopify says that there is another page, and no cursor to it", "run the night again")
    json = request.json or {}
    behind = {**json, "variables": {**json["variables"], "after": info["endCursor"]}}
    return (request.but(json=behind, wait_seconds=0.0),)


def _raw(record: Mapping[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(record))
