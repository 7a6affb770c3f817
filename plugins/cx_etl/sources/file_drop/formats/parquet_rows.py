"""Parquet: the rows of all row groups as records."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from cx_etl.sources.file_drop.formats.layout import File, How, Survey, record_keys, require_small, whole

if TYPE_CHECKING:
    from pyarrow import RecordBatch

_BATCH_ROWS = 1000


def survey(file: File) -> Survey:
    """Read the footer and every row group. Raises DataError for a file that is cut or not what was declared."""
    import pyarrow as pa
    from pyarrow import parquet

    require_small(file)
    try:
        with parquet.ParquetFile(file.path) as content:
            unpacked = sum(
                content.metadata.row_group(n).total_byte_size for n in range(content.metadata.num_row_groups)
            )
            if unpacked > file.limits.file_bytes:
                raise file.wrong(f"unpacks to more than {file.limits.largest_file_mb:,.0f} MB")
            columns = record_keys(file, content.schema_arrow.names)
            rows = sum(batch.num_rows for batch in content.iter_batches(_BATCH_ROWS))
    except (pa.ArrowException, OSError) as error:
        raise file.wrong(f"is no whole Parquet file: {error}") from None
    return whole(file, rows, How("parquet", columns=columns))


def records(how: How, content: bytes) -> Iterator[msgspec.Raw]:
    """The records of a landed file."""
    from pyarrow import parquet

    for batch in parquet.ParquetFile(io.BytesIO(content)).iter_batches(_BATCH_ROWS):
        columns = [_values(batch, number) for number in range(batch.num_columns)]
        for row in zip(*columns, strict=True):
            yield msgspec.Raw(msgspec.json.encode(dict(zip(how.columns, row, strict=True)), enc_hook=str))


def _values(batch: "RecordBatch", number: int) -> list[Any]:
    """A column's values as Python has them; what is finer than a microsecond is cut, as the warehouse would."""
    import pyarrow as pa

    column = batch.column(number)
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column.to_pylist()
