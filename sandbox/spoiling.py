"""How a fault spoils an answer: put in its place, or changed, in the bytes or in the records it holds."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from sandbox.zips import unzipped, zipped

if TYPE_CHECKING:
    from sandbox.faults import Rule

LIST_KEYS = (
    "tickets", "ticket_events", "users", "organizations", "groups", "satisfaction_ratings", "data", "items", "nodes",
    "elements", "rows", "value", "ticket_metric_events", "deleted_tickets", "group_memberships", "sla_policies",
    "schedules", "holidays", "ticket_fields", "ticket_forms",
)  # fmt: skip
HTML = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"


def fixed_status(rule: "Rule") -> Response:
    """The given status, with the given body or a plain one."""
    headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    if isinstance(rule.body, str):
        return Response(rule.body, rule.status, headers, "text/plain; charset=utf-8")
    body = {"error": f"HTTP {rule.status}"} if rule.body is None else rule.body
    return Response(msgspec.json.encode(body), rule.status, headers, "application/json")


def throttled(rule: "Rule") -> Response:
    """Shopify's refusal, which is a 200."""
    status = {"maximumAvailable": 4000.0, "currentlyAvailable": 0, "restoreRate": 200.0}
    cost = {"requestedQueryCost": 1000, "actualQueryCost": None, "throttleStatus": status}
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    body = {"errors": errors, "extensions": {"cost": cost}}
    return Response(msgspec.json.encode(body), 200, media_type="application/json")


def html_error(rule: "Rule") -> Response:
    """A proxy's error page where JSON was expected."""
    return Response(HTML, rule.status, media_type="text/html")


def cut_body(rule: "Rule", response: Response) -> Response:
    """Half of the body; with ``keep_length`` the header still promises all of it, as when a connection breaks."""
    whole = bytes(response.body)
    cut = copy_response(response, whole[: len(whole) // 2])
    if rule.keep_length:
        cut.headers["content-length"] = str(len(whole))
    return cut


def prefix(rule: "Rule", response: Response) -> Response:
    """The rule's text in front of the body, as a server prints its own warnings."""
    return copy_response(response, str(rule.body).encode() + bytes(response.body))


def damage(rule: "Rule", response: Response) -> Response:
    """One bit in the middle of the body turned over."""
    body = bytearray(bytes(response.body))
    body[len(body) // 2] ^= 1
    return copy_response(response, bytes(body))


def malform(rule: "Rule", response: Response) -> Response:
    """Put the value into the (dotted) field of the n-th record, of those that have the field where some do."""
    name = rule.field.partition(".")[0]

    def change(records: list[dict[str, Any]]) -> None:
        having = [record for record in records if name in record] or records
        for record in having[rule.record : rule.record + 1]:
            set_field(record, rule.field, rule.value)

    return change_page(response, change)


def unknown_field(rule: "Rule", response: Response) -> Response:
    """Add the field to every record of the page."""

    def change(records: list[dict[str, Any]]) -> None:
        for record in records:
            set_field(record, rule.field, rule.value)

    return change_page(response, change)


def reorder(rule: "Rule", response: Response) -> Response:
    """The records of the page in reverse."""
    return change_page(response, lambda records: records.reverse())


def withhold(rule: "Rule", response: Response) -> Response:
    """Leave the n-th record out, while every count in the answer says that it is there."""
    return change_page(response, lambda records: records.pop(rule.record) if records else None)


def change_page(response: Response, change: Callable[[list[dict[str, Any]]], Any]) -> Response:
    """Change the records of a JSON page, or of a file of JSON lines, which may be zipped."""
    if response.headers.get("content-type") == "application/zip":
        return change_zip(response, change)
    is_lines = response.headers.get("content-type", "").startswith("application/jsonl")
    body = bytes(response.body)
    page = msgspec.json.Decoder().decode_lines(body) if is_lines else msgspec.json.decode(body)
    records = records_of(page) or one_record(page)
    change(records)
    if is_by_name(page):
        page = {name: value for name, value in page.items() if any(value is kept for kept in records)}
    return copy_response(response, msgspec.json.Encoder().encode_lines(page) if is_lines else msgspec.json.encode(page))


def change_zip(response: Response, change: Callable[[list[dict[str, Any]]], Any]) -> Response:
    """Change the records of the one file of JSON lines in a zip, whose empty objects are left out."""
    name, content = unzipped(bytes(response.body))
    records = [record for record in msgspec.json.Decoder().decode_lines(content) if record]
    change(records)
    return copy_response(response, zipped(name, msgspec.json.Encoder().encode_lines(records)))


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


def one_record(page: Any) -> list[dict[str, Any]]:
    """The record of an answer that shows one: the answer itself, or what stands under its only key."""
    candidates = [page, *page.values()] if isinstance(page, dict) and len(page) == 1 else [page]
    return [each for each in candidates if isinstance(each, dict) and "id" in each]


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


REPLACE: dict[str, Callable[["Rule"], Response]] = {
    "status": fixed_status, "throttled": throttled, "html_error": html_error,
}  # fmt: skip
CHANGE: dict[str, Callable[["Rule", Response], Response]] = {
    "cut_body": cut_body, "prefix": prefix, "damage": damage, "malform": malform, "unknown_field": unknown_field,
    "reorder": reorder, "withhold": withhold,
}  # fmt: skip
