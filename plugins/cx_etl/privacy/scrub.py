"""What may stay of a record: addresses become pseudonyms, and of an erased person's own records the words go."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cx_etl.contract import NULL, TableShape, shape_of
from cx_etl.privacy.personal import PERSONAL, Personal
from cx_etl.privacy.pseudonyms import ADDRESS, BEGINS, DOMAIN, ERASED, Pseudonym, mark, normal
from cx_etl.sources.base import Stream, Table

_AT = re.compile(r"(?<!\\)\\u0040")
NOBODY = Personal()


@dataclass
class Erased:
    """Who is erased, and which records are theirs: marks of addresses, and of records with that of their person."""

    addresses: set[str]
    records: dict[str, str]
    found: dict[str, str] = field(default_factory=dict)

    def person_of(self, address: Any) -> str | None:
        """The mark of the erased person with the address, or with the pseudonym that stands in its place."""
        if not isinstance(address, str) or "@" not in address:
            return None
        text = address.strip().lower()
        if text.endswith(f"@{DOMAIN}"):
            return next((each for each in self.addresses if Pseudonym(each).email == text), None)
        found = mark(text)
        return found if found in self.addresses else None

    def owner_of(self, record_mark: str) -> str | None:
        return self.records.get(record_mark) or self.found.get(record_mark)

    def without_addresses(self, text: str) -> str:
        """The text with every forgotten address replaced, however it is written."""
        if not any(at in text for at in ("@", "%40", "\\u0040")):
            return text
        text, parts, done, look = _AT.sub("@", text), [], 0, 0
        while found := ADDRESS.search(text, look):
            begin, person = self._person_in(found)
            if person:
                parts += [text[done:begin], Pseudonym(person).email]
                done = look = found.end()
            else:
                # What looks like a domain may be the beginning of an address itself.
                look = found.end("local") + 1
        return "".join([*parts, text[done:]])

    def _person_in(self, found: re.Match[str]) -> tuple[int, str | None]:
        """Where in what looks like an address an erased person's begins, and whose it is."""
        local, domain = found["local"], found["domain"]
        for begin in BEGINS.finditer(local):
            if person := self.person_of(f"{local[begin.start() :]}@{domain}"):
                return found.start() + begin.start(), person
        return found.start(), None


def record_mark(table: str, account: str, key: Any) -> str:
    return mark(f"{table}|{account}|{key}")


@dataclass(frozen=True)
class Scrubber:
    """Scrubs records of one stream and account."""

    stream: Stream
    account: str
    erased: Erased

    def scrubbed(self, records: Iterable[tuple[int, msgspec.Raw]]) -> Iterator[tuple[Table, bytes, bytes]]:
        """The records that change, as they are and as they may stay. New own records are remembered in ``erased``."""
        for index, raw in records:
            table, before = self.stream.tables[index], bytes(raw)
            after = self.scrub(table, before)
            if after != before:
                yield table, before, after

    def scrub(self, table: Table, raw: bytes) -> bytes:
        """The record as it may stay; the same bytes where nothing of it is anybody's who is erased."""
        personal = PERSONAL.get(table.name, NOBODY)
        try:
            record = msgspec.json.decode(raw, type=table.contract) if personal is not NOBODY else None
        except (msgspec.DecodeError, ValueError):
            return self._of_broken(table, raw)
        person = self._owner(table, personal, record) if record is not None else None
        if person is None:
            return self.erased.without_addresses(raw.decode()).encode()
        self.erased.found[record_mark(table.name, self.account, _value(table, record, table.keys[0]))] = person
        _blank(shape_of(table.contract), record, personal, Pseudonym(person))
        return self.erased.without_addresses(msgspec.json.encode(record).decode()).encode()

    def _of_broken(self, table: Table, raw: bytes) -> bytes:
        """A record that breaks its contract cannot be told apart: if it names somebody erased, nothing of it stays."""
        text = raw.decode(errors="replace")
        return raw if self.erased.without_addresses(text) == _AT.sub("@", text) else b'{"erased":true}'

    def _owner(self, table: Table, personal: Personal, record: Any) -> str | None:
        key = record_mark(table.name, self.account, _value(table, record, table.keys[0]))
        if person := self.erased.owner_of(key):
            return person
        for column in personal.emails:
            if person := self.erased.person_of(_value(table, record, column)):
                return person
        links = ((parent, _value(table, record, column)) for column, parent in personal.links)
        owners = (self.erased.owner_of(record_mark(parent, self.account, key)) for parent, key in links if key)
        return next((person for person in owners if person), None)


def _value(table: Table, record: Any, column: str) -> Any:
    """What the record has in that column, before it is converted."""
    (path,) = (each.path for each in shape_of(table.contract).columns if each.name == column)
    return _walk(record, path)


def _walk(record: Any, path: tuple[str, ...]) -> Any:
    for attribute in path:
        record = None if record is None or record is msgspec.UNSET else getattr(record, attribute)
    return record


def _blank(shape: TableShape, record: Any, personal: Personal, pseudonym: Pseudonym) -> None:
    for columns, words in ((personal.texts, ERASED), (personal.phones, pseudonym.phone)):
        for column in columns:
            items, _, name = column.rpartition(".")
            if not items:
                _set(shape, record, name, words)
                continue
            for item in _walk(record, shape.child_paths[items]) or ():
                _set(shape.children[items], item, name, words)


def _set(shape: TableShape, record: Any, column: str, words: str) -> None:
    """Write the words where the record has some; what is JSON of any kind becomes null."""
    (path,) = (each.path for each in shape.columns if each.name == column)
    owner = _walk(record, path[:-1])
    value = _walk(record, path)
    if isinstance(value, msgspec.Raw):
        setattr(owner, path[-1], NULL)
    elif isinstance(value, str) and value:
        setattr(owner, path[-1], words)


def known(connection: Any) -> Erased | None:
    """Everybody who is erased; None if nobody is."""
    addresses = {row[0] for row in connection.execute("select address_mark from ops.erasures").fetchall()}
    if not addresses:
        return None
    rows = connection.execute("select record_mark, address_mark from ops.erased_records").fetchall()
    return Erased(addresses, dict(rows))


def remember(connection: Any, erased: Erased) -> None:
    """Write which records were found to be an erased person's own."""
    rows = list(erased.found.items())
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.erased_records (record_mark, address_mark) values (%s, %s) on conflict do nothing", rows
        )


__all__ = ["Erased", "Scrubber", "known", "normal", "record_mark", "remember"]
