"""Limits of the file drop, from [options.file_drop]."""

import msgspec

from cx_etl.errors import ConfigError
from cx_etl.settings import load_settings


class Limits(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``settle_seconds``: a file that changed less long ago may still be written to. The sizes are of plain content:
    of any file, of one that is read whole (workbook, JSON list, Parquet), of one field, and of a sheet.
    """

    settle_seconds: float = 10.0
    largest_file_mb: float = 4096.0
    largest_whole_file_mb: float = 64.0
    largest_field_kb: float = 1024.0
    largest_sheet_cells: int = 20_000_000

    @property
    def file_bytes(self) -> int:
        return int(self.largest_file_mb * 1_000_000)

    @property
    def whole_file_bytes(self) -> int:
        return int(self.largest_whole_file_mb * 1_000_000)

    @property
    def field_characters(self) -> int:
        return int(self.largest_field_kb * 1000)


def limits() -> Limits:
    """The limits in force. Raises ConfigError naming the key that is wrong."""
    try:
        return msgspec.convert(load_settings().options.get("file_drop", {}), Limits)
    except msgspec.ValidationError as error:
        raise ConfigError(f"[options.file_drop]: {error}", "cx.toml lists its keys") from None
