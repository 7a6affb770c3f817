"""Files on the disk, surveyed and read back from what would land, without a warehouse."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from cx_etl.errors import DataError
from cx_etl.sources.file_drop import formats
from cx_etl.sources.file_drop.declaration import FileStream, declared
from cx_etl.sources.file_drop.formats.layout import File, Survey
from cx_etl.sources.file_drop.limits import Limits
from cx_etl.sources.file_drop.unpack import unpacked


def stream(names: Iterable[str], **keys: Any) -> FileStream:
    """A declaration with text columns of these names; the first is the key."""
    names = list(names)
    made = {
        "source": "chat",
        "stream": "talks",
        "pattern": "*",
        "key": names[0],
        "columns": dict.fromkeys(names, "text"),
    }
    return declared([{**made, **keys}])[0]


def opened(folder: Path, name: str, content: bytes, declaration: FileStream, **limits: Any) -> File:
    path = folder / "download.part"
    path.write_bytes(content)
    return unpacked(File(path, name, declaration, Limits(**limits)))


def landed(folder: Path, name: str, content: bytes, names: Iterable[str], **keys: Any) -> tuple[Survey, list[bytes]]:
    """What a survey of the file says, and the bodies that land."""
    file = opened(folder, name, content, stream(names, **keys))
    survey = formats.survey(file)
    return survey, list(survey.bodies(file.path))


def rows_of(folder: Path, name: str, content: bytes, names: Iterable[str], **keys: Any) -> list[dict[str, Any]]:
    """The records that a load would see, read from the landed bodies alone."""
    survey, bodies = landed(folder, name, content, names, **keys)
    rows = [json.loads(bytes(record)) for body in bodies for _, record in formats.split(body)]
    assert len(rows) == survey.rows
    return rows


def problem_of(folder: Path, name: str, content: bytes, names: Iterable[str], limits: Any = None, **keys: Any) -> str:
    """What is said of a file that is refused."""
    with pytest.raises(DataError) as caught:
        formats.survey(opened(folder, name, content, stream(names, **keys), **(limits or {})))
    assert f"chat/talks: {name} " in caught.value.message
    return caught.value.message
