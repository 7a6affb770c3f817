"""Files that come into a drop: a dataset holds them by source and time; ``deliver`` puts those of the past in place."""

import os
from datetime import UTC, datetime
from pathlib import Path

# What was delivered, so that a file that was processed does not come again; hidden, so that it is no file of the drop.
_DELIVERED = ".delivered"


def sources(dataset: Path) -> list[str]:
    """The sources for which the dataset has files."""
    return sorted(path.name for path in (dataset / "files").glob("*") if path.is_dir())


def deliver(dataset: Path, until: datetime, folder: Path) -> list[Path]:
    """Put what each source has dropped until then under ``folder/<source>/``, each file once; what was put there.

    A file that is still there is replaced by a later one of its name. Times of files are those of their delivery.
    """
    put: list[Path] = []
    for source in sources(dataset):
        drop = folder / source
        drop.mkdir(parents=True, exist_ok=True)
        known = _lines(drop / _DELIVERED)
        for path in sorted((dataset / "files" / source).glob("*/*")):
            at, mark = _time(path.parent.name), f"{path.parent.name}/{path.name}"
            if at <= until and mark not in known:
                put.append(_put(path, drop / path.name, at))
                known.append(mark)
        (drop / _DELIVERED).write_text("\n".join(known), encoding="utf-8")
    return put


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _put(path: Path, target: Path, at: datetime) -> Path:
    """The file appears whole, with its time."""
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.write_bytes(path.read_bytes())
    os.utime(unfinished, (at.timestamp(), at.timestamp()))
    unfinished.replace(target)
    return target
