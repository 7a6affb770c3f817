"""What couriers tell of air waybills: answers that may be empty, be about all of the asked ones, or about none."""

from collections.abc import Iterator
from typing import Any

import msgspec

from cx_etl.errors import RetriableError
from cx_etl.sources.base import NOTHING, Answer, Page
from cx_etl.sources.shiprocket_lists import track, track_one


def read_tracked(answer: Answer) -> Page:
    """One air waybill that no courier knows empties the whole answer: what got none is asked again, in halves."""
    asked: list[str] = (answer.request.json or {})["awbs"]
    said = _said(answer.body)
    foreign = said.keys() - set(asked) - {"tracking_data"}
    if foreign:
        raise RetriableError(
            f"shiprocket {answer.request.path}: the answer is about {min(foreign)}, which was not asked"
        )
    found = _by_awb(said)
    left = [awb for awb in asked if awb not in found]
    if left == asked and len(asked) == 1:
        return Page(0, (track_one(asked[0]),))
    parts = (left,) if found else (left[: len(left) // 2], left[len(left) // 2 :])
    return Page(len(found), tuple(request for part in parts for request in track(part)))


def read_tracked_one(answer: Answer) -> Page:
    """Only the vendor's own word that it does not know an air waybill lets go of it."""
    if answer.status != 200:
        return Page(0, bodies=NOTHING)
    if not isinstance(msgspec.json.decode(answer.body, type=dict[str, Any]).get("tracking_data"), dict):
        raise RetriableError(f"shiprocket {answer.request.path}: an answer without tracking_data")
    return Page(len(list(trackings(answer.body))))


def _said(body: bytes) -> dict[str, msgspec.Raw]:
    """The members of an answer; an empty one may be a list, as PHP writes it."""
    said = msgspec.json.decode(body, type=dict[str, msgspec.Raw] | list[msgspec.Raw])
    return said if isinstance(said, dict) else {}


def _by_awb(said: dict[str, msgspec.Raw]) -> dict[str, dict[str, msgspec.Raw]]:
    """The answers by air waybill, without those that say nothing. One without its waybill names it further in."""
    found = {}
    for awb, raw in said.items():
        whole = msgspec.json.decode(raw)
        if awb == "tracking_data" and isinstance(whole, dict):
            shipments = whole.get("shipment_track") or [{}]
            found[str(shipments[0].get("awb_code") or "")] = said
        elif isinstance(whole, dict) and isinstance(whole.get("tracking_data"), dict):
            found[awb] = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    found.pop("", None)
    return found


def trackings(body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
    """Each answer as a record that says of which air waybill it is."""
    for awb, answer in _by_awb(_said(body)).items():
        tracking = msgspec.json.decode(answer["tracking_data"], type=dict[str, msgspec.Raw])
        beside = {name: raw for name, raw in answer.items() if name != "tracking_data"}
        yield 0, msgspec.Raw(msgspec.json.encode({"awb": awb, **beside, **tracking}))
