"""Where the simulation puts versions: held back until their time has come, then written in time order."""

import heapq
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.records.writer import DatasetWriter, encode_deletion, encode_version


class Sink:
    """Orders versions by time across all streams; memory holds only those ahead of the simulated day."""

    def __init__(self, out: DatasetWriter, count_before: datetime, horizon: datetime) -> None:
        self._out = out
        self._count_before = count_before
        self._horizon = horizon
        self._waiting: list[tuple[datetime, int, str, bytes]] = []
        self._sequence = 0
        self._seen: set[tuple[str, str | int]] = set()
        self.versions: Counter[str] = Counter()
        # Distinct records per stream that exist when the last night is extracted.
        self.records: Counter[str] = Counter()

    def version(self, stream: str, at: datetime, record: Mapping[str, Any], key: str = "id", **beside: Any) -> None:
        """Take one version; one at or after the horizon is dropped."""
        if at >= self._horizon:
            return
        self.versions[stream] += 1
        self._count(stream, at, record[key])
        self._hold(stream, at, encode_version(at, record, beside))

    def deletion(self, stream: str, at: datetime, record_id: str | int) -> None:
        """Take the deletion of a record that has a version before it."""
        if at >= self._horizon:
            return
        self.records[stream] -= at < self._count_before
        self._hold(stream, at, encode_deletion(at, record_id))

    def flush(self, before: datetime) -> None:
        """Write what lies before the instant. The caller takes no earlier version afterwards."""
        while self._waiting and self._waiting[0][0] < before:
            at, _, stream, line = heapq.heappop(self._waiting)
            self._out.line(stream, at, line)

    def _hold(self, stream: str, at: datetime, line: bytes) -> None:
        self._sequence += 1
        heapq.heappush(self._waiting, (at, self._sequence, stream, line))

    def _count(self, stream: str, at: datetime, record_id: str | int) -> None:
        if at < self._count_before and (stream, record_id) not in self._seen:
            self._seen.add((stream, record_id))
            self.records[stream] += 1
