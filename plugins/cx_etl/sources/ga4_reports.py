"""Google Analytics 4 report answers: rows of bare positions, turned into records that say what they hold."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")


class Answered(msgspec.Struct, rename="camel", kw_only=True):
    """What an answer says of all its rows: the zone of their dates, and why they may be less than the whole.

    Thresholding hides rows of few users; "(other)" rows take in what a busy table has no room for; a sampled report
    was computed from ``samplesReadCount`` of ``samplingSpaceSize`` events.
    """

    time_zone: str | None = None
    subject_to_thresholding: bool = False
    data_loss_from_other_row: bool = False
    samples_read_count: int | None = None
    sampling_space_size: int | None = None


class Counts(Answered, rename="camel", kw_only=True):
    """Sums of a date. Ratios come from these; users are counted once per row, so they add up over neither rows nor
    dates."""

    date: date
    sessions: int
    engaged_sessions: int
    key_events: float
    active_users: int
    total_users: int
    new_users: int
    screen_page_views: int


class ChannelDay(Counts, rename="camel", kw_only=True):
    session_default_channel_group: str


class DeviceDay(Counts, rename="camel", kw_only=True):
    device_category: str


class ChannelConversion(Answered, rename="camel", kw_only=True):
    """``sessions`` are those in which a key event was triggered, once each, however many there were."""

    date: date
    session_default_channel_group: str
    sessions: int


class _Name(msgspec.Struct):
    name: str


class _Value(msgspec.Struct):
    value: str = ""


class _Row(msgspec.Struct, rename="camel"):
    dimension_values: list[_Value] = []
    metric_values: list[_Value] = []


class _Sampling(msgspec.Struct, rename="camel"):
    samples_read_count: str
    sampling_space_size: str


class _Metadata(msgspec.Struct, rename="camel"):
    time_zone: str | None = None
    subject_to_thresholding: bool = False
    data_loss_from_other_row: bool = False
    sampling_metadatas: list[_Sampling] = []
    empty_reason: str = ""


class Report(msgspec.Struct, rename="camel"):
    """An answer of runReport. With no data, ``rows`` and ``rowCount`` are absent; the headers never are."""

    dimension_headers: list[_Name]
    metric_headers: list[_Name]
    rows: list[msgspec.Raw] = []
    row_count: int = 0
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)

    @property
    def names(self) -> list[str]:
        return [header.name for header in (*self.dimension_headers, *self.metric_headers)]


def records(body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
    """A record for each row: its values by their columns' names, and what the answer says of all of them.

    A row that does not have the answer's columns is passed on as it is, so that it is held back whole.
    """
    report = msgspec.json.decode(body, type=Report)
    names, dimensions, about = report.names, len(report.dimension_headers), _about(report.metadata)
    for raw in report.rows:
        values = _values(raw, dimensions)
        if len(values) != len(names):
            yield 0, raw
            continue
        # What a row says beside its values is kept under its own name.
        beside = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        extra = {key: value for key, value in beside.items() if key not in ("dimensionValues", "metricValues")}
        fields = dict(zip(names, values, strict=True)) | about | extra
        yield 0, msgspec.Raw(msgspec.json.encode(fields))


def _values(raw: msgspec.Raw, dimensions: int) -> list[Any]:
    """The row's values in the order of the headers; none for a row that is not what the vendor documents."""
    try:
        row = msgspec.json.decode(raw, type=_Row)
    except msgspec.ValidationError:
        return []
    if len(row.dimension_values) != dimensions:
        return []
    return [
        *(_dimension(each.value) for each in row.dimension_values),
        *(_metric(each.value) for each in row.metric_values),
    ]


def _dimension(text: str) -> str:
    """Dates come as eight digits; no other dimension of these reports does."""
    found = DAY.fullmatch(text)
    return "-".join(found.groups()) if found else text


def _metric(text: str) -> str | msgspec.Raw:
    """Every number comes as text; what is none stays text, which the contract refuses."""
    return msgspec.Raw(text.encode()) if NUMBER.fullmatch(text) else text


def _about(metadata: _Metadata) -> dict[str, Any]:
    """One date range is asked for, so there is one sampling, or none."""
    sampling = metadata.sampling_metadatas[0] if metadata.sampling_metadatas else None
    return {
        "timeZone": metadata.time_zone,
        "subjectToThresholding": metadata.subject_to_thresholding,
        "dataLossFromOtherRow": metadata.data_loss_from_other_row,
        "samplesReadCount": int(sampling.samples_read_count) if sampling else None,
        "samplingSpaceSize": int(sampling.sampling_space_size) if sampling else None,
    }
