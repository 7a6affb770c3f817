"""What Zendesk's exports and lists share: cursors, page sizes, parameters that are refused, addresses of pages."""

import base64
import binascii
import re
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request


class BadRequest(Exception):
    """A parameter the vendor refuses with 422."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(description)
        self.details = {name: [{"error": "InvalidValue", "description": description}]}


def asks_for_pages(params: Any) -> bool:
    """Whether pages by cursor are asked for, as lists give them."""
    return "page[size]" in params or "page[after]" in params


def page_size(text: str | None, largest: int) -> int:
    """The asked size within what the vendor gives; the largest when none is asked."""
    if text is None:
        return largest
    if not re.fullmatch(r"[1-9]\d*", text):
        raise BadRequest("per_page", f"{text!r} is not a page size")
    return min(int(text), largest)


def whole_number(params: Any, name: str, default: int) -> int:
    text = params.get(name) or str(default)
    if not re.fullmatch(r"\d+", text):
        raise BadRequest(name, f"{text!r} is not a Unix time")
    return int(text)


def make_cursor(position: tuple[Any, ...]) -> str:
    return base64.b64encode(f"{position[0]}.0||{position[1]}|".encode()).decode()


def parse_cursor(text: str) -> tuple[int, int | str]:
    """The position a cursor stands for."""
    try:
        found = re.fullmatch(r"(-?\d+)\.0\|\|(-?\w+)\|", base64.b64decode(text, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError):
        found = None
    if found is None:
        raise BadRequest("cursor", f"{text!r} is not a cursor")
    return int(found[1]), int(found[2]) if re.fullmatch(r"-?\d+", found[2]) else found[2]


def absolute(request: Request, path: str, params: dict[str, Any]) -> str:
    """The URL of a next page on the host the client used."""
    return f"{request.url.scheme}://{request.url.netloc}/zendesk/api/v2/{path}.json?{urlencode(params)}"
