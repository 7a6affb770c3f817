"""Zips that hold one file."""

import io
import zipfile


def zipped(name: str, content: bytes) -> bytes:
    """A zip that holds one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def unzipped(content: bytes) -> tuple[str, bytes]:
    """The name and the content of the one file in a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        return name, archive.read(name)
