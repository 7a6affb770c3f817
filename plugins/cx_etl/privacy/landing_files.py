"""Landed pages without erased people: rewritten in place, with a tombstone in the run's journal."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from cx_etl.landing import File, Run
from cx_etl.privacy.scrub import Erased, Scrubber, known, remember
from cx_etl.settings import load_settings
from cx_etl.sources import account, every_source
from cx_etl.sources.base import Stream

if TYPE_CHECKING:
    import psycopg


# Numbers keep the digits that they came with.
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def every_run() -> Iterator[tuple[Stream, str, Run]]:
    """Every run in the landing with its stream and account, the oldest first; runs that were given up among them."""
    sources = every_source()
    for folder in sorted(load_settings().landing_dir.glob("*/*/*=*/*")):
        account_id, stream_name = folder.relative_to(load_settings().landing_dir).parts[:2]
        name, _, label = account_id.partition("_")
        found = account(account_id if account_id in sources else f"{name}:{label}")
        yield found.source.stream(stream_name), found.name, Run(folder)


def rewrite(stream: Stream, account_name: str, run: Run, erased: Erased) -> int:
    """Scrub the run's pages; how many records changed.

    The new pages and then the journal that names them are written before the old pages are removed: a crash leaves
    the one or the other, whole. Line counts and record counts stay; checksums are of what stands there now.
    """
    # What a killed extraction was fetching is fetched anew.
    for scratch in run.path.glob("*.part"):
        scratch.unlink()
    scrubber = Scrubber(stream, account_name, erased)
    steps, old, changed = [], [], 0
    for step in run.steps():
        files = []
        for file in step.files:
            body, records = _scrubbed(scrubber, run, file)
            changed += records
            files.append(run.land_again(file, body) if records else file)
            old += [file.name] if records else []
        erased_here = tuple(files) != step.files
        note = f"{step.note}; records of erased people" if erased_here and step.note else "records of erased people"
        steps.append(msgspec.structs.replace(step, files=tuple(files), note=note) if erased_here else step)
    if changed:
        run.rewrite_journal(steps)
        for name in old:
            (run.path / name).unlink()
    return changed


def _scrubbed(scrubber: Scrubber, run: Run, file: File) -> tuple[bytes, int]:
    """The page's body as it may stay, and how many of its records that changes."""
    body, count = run.body(file), 0
    made: dict[tuple[str, Any], dict[str, str]] = {}
    for table, before, after in list(scrubber.scrubbed(scrubber.stream.split(body))):
        if before in body:
            body = body.replace(before, after)
            count += 1
        elif words := _changed_words(before, after):
            made[table.keys[0], _decode(before).get(table.keys[0])] = words
    if made:
        body = scrubber.erased.without_addresses(_in_nodes(body, made).decode()).encode()
    return body, count + len(made)


def _changed_words(before: bytes, after: bytes) -> dict[str, str]:
    """The texts that differ, by their names; a record that was put together is written otherwise than it came."""
    old = _decode(before)
    return {name: text for name, text in _decode(after).items() if isinstance(text, str) and old.get(name) != text}


def _in_nodes(body: bytes, made: dict[tuple[str, Any], dict[str, str]]) -> bytes:
    """The JSON with changes of records that were put together of its parts: in the objects that have their keys."""
    document = _decode(body)
    names = {name for name, _ in made}
    for node in _nodes(document):
        for key in names & node.keys():
            words = made.get((key, node[key]), {}) if isinstance(node[key], str | int) else {}
            node.update({name: text for name, text in words.items() if isinstance(node.get(name), str)})
    return _encode(document)


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(each)


def scrub_landed(connection: "psycopg.Connection", stream: Stream, account_name: str, run: Run) -> None:
    """What a vendor sends again of erased people is erased before it is loaded. Without any nothing is read."""
    erased = known(connection)
    if erased is None:
        return
    known_before = -1
    while known_before < len(erased.found):
        # A record may stand before the one that makes it a person's own.
        known_before = len(erased.found)
        rewrite(stream, account_name, run, erased)
    remember(connection, erased)
