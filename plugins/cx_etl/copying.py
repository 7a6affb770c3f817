"""COPY into several tables over one connection, which can take one COPY at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import psycopg

WAITING_BYTES = 4 * 1024 * 1024


class Copier:
    """Streams lines of CSV (see rows.py) into tables. ``copied`` counts the rows of each, once the block has ended.

    The table whose COPY is open takes its lines at once, so that the server works on them while the next page is read;
    those of other tables wait until they are worth a COPY of their own.
    """

    def __init__(self, connection: "psycopg.Connection", targets: Mapping[str, tuple[str, Sequence[str]]]) -> None:
        self._connection, self._targets = connection, targets
        self._waiting: dict[str, list[bytes]] = defaultdict(list)
        self._open_table: str | None = None
        self._open = ExitStack()
        self.copied = dict.fromkeys(targets, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._open.__exit__(kind, error, trace)
            return
        for table in self._waiting:
            self._flush(table)
        self.pause()

    def write(self, tables: Mapping[str, bytes]) -> None:
        """Take lines for some of the tables."""
        for table, lines in tables.items():
            self._waiting[table].append(lines)
            if table == self._open_table or sum(map(len, self._waiting[table])) > WAITING_BYTES:
                self._flush(table)

    def pause(self) -> None:
        """End the open COPY, so that the connection can do something else."""
        self._open.close()
        self._open_table = None

    def _flush(self, table: str) -> None:
        waiting, self._waiting[table] = b"".join(self._waiting[table]), []
        if not waiting:
            return
        if table != self._open_table:
            self.pause()
            self._start(table)
        self._copy.write(waiting)

    def _start(self, table: str) -> None:
        relation, columns = self._targets[table]
        cursor = self._open.enter_context(self._connection.cursor())
        self._open.callback(self._count, table, cursor)
        self._copy = self._open.enter_context(
            cursor.copy(
                f"copy {relation} ({', '.join(columns)}) from stdin "
                "with (format csv, quote '\"', escape '\\', null 'null', encoding 'utf8')"
            )
        )
        self._open_table = table

    def _count(self, table: str, cursor: "psycopg.Cursor") -> None:
        self.copied[table] += cursor.rowcount
