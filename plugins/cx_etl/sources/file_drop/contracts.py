"""The contract of declared columns: a struct whose fields take a cell as it came and know how to type it."""

from functools import partial
from typing import Annotated, Any, ClassVar

import msgspec

from cx_etl.sources.file_drop.declaration import SQL_TYPES, Column, FileStream
from cx_etl.sources.file_drop.values import value_of

# The field of a record that stands for a row which is none; it holds the reason.
BROKEN = "_broken"


class Row(msgspec.Struct, rename={"broken_": BROKEN}):
    """What every contract of a file has. Decoding a row that is none, or lacks a required column, gives the reason."""

    # No column can have a name that ends in an underscore.
    required_: ClassVar[tuple[str, ...]] = ()
    broken_: Annotated[msgspec.Raw, msgspec.Meta(extra={"column": None})] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.broken_ is not None:
            raise ValueError(msgspec.json.decode(self.broken_, type=str))
        for name in self.required_:
            if getattr(self, name) is None:
                raise ValueError(f"column {name} is missing")


def contract_of(declared: FileStream) -> type[msgspec.Struct]:
    """The contract of a stream's files."""
    required = tuple(column.name for column in declared.columns if column.required)
    fields: list[Any] = [(column.name, _kind(column), None) for column in declared.columns]
    return msgspec.defstruct(declared.table, fields, bases=(Row,), namespace={"required_": required})


def _kind(column: Column) -> Any:
    extra = {"column": SQL_TYPES[column.type], "convert": partial(value_of, column)}
    return Annotated[msgspec.Raw, msgspec.Meta(extra=extra)]
