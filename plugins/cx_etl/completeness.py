"""The proof that a walk is complete: its window was over, and every record that the vendor counts has arrived."""

from datetime import timedelta

import msgspec

from cx_etl.errors import DataError, RestartError
from cx_etl.landing import Run, Step
from cx_etl.sources.base import Stream, Table, Window


def require_night_over(name: str, window: Window, lag: timedelta, steps: list[Step]) -> None:
    """Raise DataError if, by the source's own clock, records of the window may still have appeared after the walk."""
    seen = [step.observed_at for step in steps if step.observed_at]
    if seen and min(seen) < window.end + lag:
        raise DataError(
            f"{name}: the window ends {window.end:%Y-%m-%d %H:%M} UTC and the source's clock says "
            f"{min(seen):%Y-%m-%d %H:%M}: records may still appear",
            f"run the night after {window.end + lag + timedelta(minutes=1):%Y-%m-%d %H:%M} UTC",
        )


def require_all(name: str, stream: Stream, run: Run, steps: list[Step]) -> int | None:
    """The vendor's own total over all chains of pages, or None where it gives none.

    Raises RestartError for a chain with fewer distinct records than the vendor says it has: a page that came twice
    hides another, and rows move to other pages while they are walked. More is no loss: records appeared meanwhile.
    """
    totals = {step.chain: step.vendor_total for step in steps if step.vendor_total is not None}
    if not totals:
        return None
    arrived = _distinct(stream, run, set(totals))
    for chain, total in totals.items():
        if len(arrived[chain]) < total:
            raise RestartError(
                f"{name}{f' ({chain})' if chain else ''}: the source reports {total} records, "
                f"{len(arrived[chain])} distinct ones arrived",
                "run the night again; the watermark has not moved",
            )
    return sum(totals.values())


def _distinct(stream: Stream, run: Run, chains: set[str]) -> dict[str, set[int]]:
    """Hashes of the keys of what landed, by chain; a record whose key cannot be read counts as what it is."""
    keys = [_key_decoder(table) for table in stream.tables]
    arrived: dict[str, set[int]] = {chain: set() for chain in chains}
    for step, _, body in run.pages():
        if step.chain in arrived:
            arrived[step.chain].update(_hash(keys[index], index, raw) for index, raw in stream.split(body))
    return arrived


def _key_decoder(table: Table) -> msgspec.json.Decoder:
    fields = [(f"key{number}", msgspec.Raw) for number in range(len(table.keys))]
    names = {f"key{number}": name for number, name in enumerate(table.keys)}
    return msgspec.json.Decoder(msgspec.defstruct("Key", fields, rename=names.get))


def _hash(decoder: msgspec.json.Decoder, index: int, raw: msgspec.Raw) -> int:
    try:
        return hash((index, *map(bytes, msgspec.structs.astuple(decoder.decode(raw)))))
    except msgspec.DecodeError:
        return hash((index, bytes(raw)))
