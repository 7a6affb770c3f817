"""AskNicely: survey responses under their positional path; every number is text; large answers are redirected.

Paths, envelope and error bodies follow the vendor's reference. Without the optional segments: answered ones, by the
time they were sent.
"""

import csv
import io
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.dataset import Record, StreamSpec, Version, World, json_response

REDIRECT_ABOVE = 999
LARGEST_PAGE = 50_000
FILE_SECONDS = 900
WINDOWS = (("req-10s", "Req10s", 200, 10), ("req-60s", "Req60s", 1000, 60))
PATH = re.compile(
    r"/asknicely/api/v1/responses/(?P<direction>asc|desc)/(?P<size>\d+)/(?P<number>[1-9]\d*)/(?P<since>\d+)/(?P<format>json|csv)"
    r"(?:/(?P<which>answered|raw|published)(?:/(?P<clock>sent|responded)(?:/(?P<end>\d+))?)?)?/?"
)


class Keys(msgspec.Struct, gc=False):
    """The two clocks, as text or number, and what the filters look at."""

    id: str | int = msgspec.field(name="response_id")
    sent: str | int | None = None
    responded: str | int | None = None
    published: str | int | None = None


STREAMS = (StreamSpec("asknicely/responses", Keys),)


def number(value: str | int | None) -> int:
    """A Unix time; empty text and null are 0, as is never."""
    return int(value or 0)


def sent_order(version: Version) -> tuple[int, int, str]:
    return (number(version.keys.sent), *id_order(version))


def responded_order(version: Version) -> tuple[int, int, str]:
    return (number(version.keys.responded), *id_order(version))


def id_order(version: Version) -> tuple[int, str]:
    """Numeric ids in number order, others behind them as text."""
    text = str(version.keys.id)
    return (int(text), "") if text.isdigit() else (2**63, text)


ORDERS = {"sent": sent_order, "responded": responded_order}


async def answer(request: Request, world: World) -> Response:
    """One call of the API: key, limits, then the responses."""
    if not (request.headers.get("x-apikey") or request.query_params.get("X-apikey")):
        text = "We could not find the api key, or it was not set []"
        return json_response({"success": False, "msg": text}, 401)
    refused, headers = count_call(world)
    if refused:
        return refused
    found = PATH.fullmatch(request.url.path)
    if found is None or request.method != "GET":
        return json_response({"success": False, "msg": "Not found"}, 404, headers)
    if int(found["size"]) > LARGEST_PAGE or int(found["size"]) < 1:
        text = f"pagesize must be between 1 and {LARGEST_PAGE}"
        return json_response({"success": False, "msg": text}, 400, headers)
    response = serve_page(found.groupdict(), request, world)
    response.headers.update(headers)
    return response


def count_call(world: World) -> tuple[Response | None, dict[str, str]]:
    """The refusal of a call over a limit, if limits are on, and the header family of every answer."""
    headers: dict[str, str] = {}
    over: list[tuple[Record, float]] = []
    for kind, name, limit, window in WINDOWS:
        count, resets = world.calls.take(f"asknicely {kind}", limit, window) if world.limited else (0, 0.0)
        headers |= {f"RateLimit-{name}-Limit": str(limit), f"RateLimit-{name}-Remaining": str(max(limit - count, 0))}
        if count > limit:
            over.append(({"type": kind, "count": count, "limit": limit}, resets))
    if not over:
        return None, headers
    told, resets = over[0]
    body = {"success": False, "msg": "Rate limit hit: reduce the rate of requests and retry", **told}
    return json_response(body, 429, headers | {"Retry-After": str(int(resets) + 1)}), headers


def serve_page(asked: Mapping[str, str | None], request: Request, world: World) -> Response:
    """The asked page, or the way to a file with it when it is large."""
    rows = select_rows(asked, request, world)
    size, page = int(asked["size"] or 0), int(asked["number"] or 1)
    with_case = request.query_params.get("includestatustime") == "yes"
    data = [as_text(version.decode(), with_case) for version in rows[(page - 1) * size : page * size]]
    content = csv_of(data) if asked["format"] == "csv" else json_of(data, asked, len(rows), world)
    if len(data) <= REDIRECT_ABOVE:
        return content
    token = keep_file(world, content)
    return RedirectResponse(f"{other_host(request)}/asknicely-files/{token}", 302)


def other_host(request: Request) -> str:
    """The keeper of files is not the host of the API. On one machine it has another name at least."""
    address = f"{request.url.scheme}://{request.url.netloc}"
    return address.replace("//127.0.0.1", "//localhost")


def select_rows(asked: Mapping[str, str | None], request: Request, world: World) -> list[Version]:
    """The rows of the asked kind with their clock in [since, end], in the asked direction."""
    order = ORDERS[asked["clock"] or "sent"]
    since, end = int(asked["since"] or 0), end_of(asked, world)
    which, names = asked["which"] or "answered", request.query_params.getlist("filters[]")
    values = request.query_params.getlist("values[]")
    if len(names) != len(values):
        # The vendor answers an unpaired filter with nothing rather than with an error.
        return []
    rows = [
        version
        for version in world.stream("asknicely/responses").rows(world.clock.unix, order)
        if is_within(order(version)[0], since, end) and is_kind(version, which) and has_values(version, names, values)
    ]
    return rows[::-1] if asked["direction"] == "desc" else rows


def is_within(at: int, since: int, end: int) -> bool:
    """Both ends included; a row whose clock never ran is in no window."""
    return at > 0 and since <= at <= end


def is_kind(version: Version, which: str) -> bool:
    if which == "answered":
        return number(version.keys.responded) > 0
    return which == "raw" or str(version.keys.published or "") not in ("", "0")


def has_values(version: Version, names: list[str], values: list[str]) -> bool:
    if not names:
        return True
    record = version.decode()
    return all(str(record.get(name)) == value for name, value in zip(names, values, strict=True))


def end_of(asked: Mapping[str, str | None], world: World) -> int:
    return int(asked["end"] or world.clock.unix)


def as_text(record: Record, with_case: bool) -> Record:
    """The record with its numbers as text; the case's closing time only when it was asked for."""
    shown = {key: str(value) if is_number(value) else value for key, value in record.items()}
    closed = shown.pop("case_closed_time", None) or ""
    return shown | {"case_closed_time": closed} if with_case else shown


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def json_of(data: list[Record], asked: Mapping[str, str | None], total: int, world: World) -> Response:
    """The envelope; all its numbers are text."""
    size = int(asked["size"] or 0)
    body = {
        "success": True,
        "total": str(total),
        "totalpages": str(-(-total // size)),
        "pagenumber": asked["number"],
        "pagesize": str(size),
        "since_time": asked["since"],
        "end_time": str(end_of(asked, world)),
        "data": data,
    }
    return json_response(body)


def csv_of(data: list[Record]) -> Response:
    """The rows under one header line."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(dict.fromkeys(name for record in data for name in record)))
    writer.writeheader()
    writer.writerows(data)
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8")


def keep_file(world: World, content: Response) -> str:
    """Keep an answer as a temporary file; those that have expired are forgotten. Gives the file's token."""
    files: dict[str, tuple[float, Response]] = world.memory.setdefault("asknicely files", {})
    now = time.monotonic()
    for token in [token for token, (expires, _) in files.items() if expires <= now]:
        del files[token]
    token = secrets.token_hex(16)
    files[token] = (now + FILE_SECONDS, content)
    return token


async def serve_file(request: Request, world: World) -> Response:
    """A temporary file, to whoever knows its name; who sends a key as well is refused, as such keepers do."""
    if request.headers.get("x-apikey") or request.query_params.get("X-apikey"):
        return Response("<Error><Code>InvalidArgument</Code></Error>", 400, media_type="application/xml")
    expires, content = world.memory.get("asknicely files", {}).get(request.path_params["token"], (0.0, None))
    if content is None or expires <= time.monotonic():
        return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
    return Response(content.body, media_type=content.media_type)
