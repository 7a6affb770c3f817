"""Files of JSON lines in parts: nothing lost at any size, and no damaged zip that passes for a whole one."""

import io
import random
import zipfile
from pathlib import Path

import pytest

from cx_etl.errors import RetriableError
from cx_etl.files import zipped_checksum, zipped_line_parts, zipped_lines

LINES = [b'{"n":%d,"text":"%s"}\n' % (n, b"x" * random.Random(n).randrange(90)) for n in range(400)]


def _zip(path: Path, *members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, member in enumerate(members):
            archive.writestr(f"{number}.ndjson", member)
    return path


@pytest.mark.parametrize("size", [1, 50, 1000, 10**6])
def test_parts_of_any_size_are_all_lines_and_end_with_one(tmp_path: Path, size: int) -> None:
    path = _zip(tmp_path / "file.zip", b"".join(LINES))
    parts = list(zipped_line_parts(path, "export", size))
    assert b"".join(parts) == b"".join(LINES)
    assert all(part.endswith(b"\n") for part in parts)
    assert list(zipped_lines(path, "export")) == LINES


def test_empty_lines_are_no_lines_and_an_empty_file_has_none(tmp_path: Path) -> None:
    assert list(zipped_lines(_zip(tmp_path / "a.zip", b"\n{}\n\n"), "export")) == [b"{}\n"]
    assert list(zipped_lines(_zip(tmp_path / "b.zip", b""), "export")) == []


def test_a_cut_at_any_byte_is_noticed(tmp_path: Path) -> None:
    whole = _zip(tmp_path / "file.zip", b"".join(LINES[:20])).read_bytes()
    for length in range(len(whole)):
        (tmp_path / "cut.zip").write_bytes(whole[:length])
        with pytest.raises(RetriableError, match="the export of F: the zip is cut or damaged"):
            list(zipped_lines(tmp_path / "cut.zip", "the export of F"))


def test_a_flipped_bit_in_the_content_is_noticed(tmp_path: Path) -> None:
    whole = _zip(tmp_path / "file.zip", b"".join(LINES)).read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        begin, length = 30 + len("0.ndjson"), archive.infolist()[0].compress_size
    # The first and the last bits end the compressed stream: without them the content is still whole.
    for place in range(begin + 1, begin + length - 4, 31):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        (tmp_path / "bad.zip").write_bytes(damaged)
        with pytest.raises(RetriableError, match="cut or damaged"):
            list(zipped_lines(tmp_path / "bad.zip", "export"))


@pytest.mark.parametrize("members", [(), (b"{}\n", b"{}\n")])
def test_a_zip_that_does_not_hold_one_file_is_refused(tmp_path: Path, members: tuple[bytes, ...]) -> None:
    with pytest.raises(RetriableError, match=f"holds {len(members)} files instead of one"):
        list(zipped_lines(_zip(tmp_path / "file.zip", *members), "export"))


def test_checksums_tell_files_apart(tmp_path: Path) -> None:
    one, same, other = (_zip(tmp_path / f"{n}.zip", text) for n, text in enumerate((b"{}\n", b"{}\n", b"[]\n")))
    assert zipped_checksum(one, "a") == zipped_checksum(same, "a") != zipped_checksum(other, "a")
