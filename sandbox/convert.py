"""Real data as a sandbox dataset: every set with an adapter that a directory holds, merged into one.

The sets share no ids, so merging is writing them one after the other.
"""

import argparse
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sandbox.adapters import Adapter, app_reviews, cdnow, olist, sfo_survey, telco_churn, uci_incidents
from sandbox.records.writer import DatasetWriter, Manifest

ADAPTERS = (
    olist.ADAPTER,
    sfo_survey.ADAPTER,
    uci_incidents.ADAPTER,
    cdnow.ADAPTER,
    telco_churn.ADAPTER,
    app_reviews.ADAPTER,
)
TIME_ZONE = "UTC"


@dataclass(frozen=True)
class Converted:
    """What a conversion wrote."""

    out_dir: Path
    sets: tuple[str, ...]
    first_night: date
    last_night: date


def convert(set_dir: Path | str, out_dir: Path | str) -> Converted:
    """Write the dataset. Raises FileNotFoundError when the directory holds no set that has an adapter."""
    found = find_sets(Path(set_dir))
    with DatasetWriter(Path(out_dir)) as out:
        for adapter, folder in found:
            adapter.convert(folder, out)
        first, last = out.nights(TIME_ZONE)
        out.describe(_manifest([adapter for adapter, _ in found]), first, last)
    return Converted(Path(out_dir), tuple(adapter.name for adapter, _ in found), first, last)


def find_sets(set_dir: Path) -> list[tuple[Adapter, Path]]:
    """The directory itself when it is a set, else the sets directly under it, in the order of ADAPTERS."""
    folders = [set_dir, *sorted(path for path in set_dir.iterdir() if path.is_dir())]
    found = [
        (adapter, folder)
        for adapter in ADAPTERS
        for folder in folders
        if (folder / adapter.marker).exists() and (folder == set_dir or not adapter.stands_alone)
    ]
    if not found:
        names = ", ".join(adapter.marker for adapter in ADAPTERS)
        raise FileNotFoundError(f"{set_dir} holds no set that has an adapter; one of these files is needed: {names}")
    return found


def _manifest(adapters: list[Adapter]) -> Manifest:
    return Manifest(
        name=" + ".join(adapter.name for adapter in adapters),
        licence="; ".join(f"{adapter.name}: {adapter.licence}" for adapter in adapters),
        time_zone=TIME_ZONE,
        metrics=[metric for adapter in adapters for metric in adapter.metrics],
    )


def main() -> None:
    """``python -m sandbox.convert SET_DIR OUT``."""
    parser = argparse.ArgumentParser(prog="sandbox.convert", description=__doc__)
    parser.add_argument("set_dir", type=Path)
    parser.add_argument("out_dir", type=Path)
    options = parser.parse_args()
    print(convert(options.set_dir, options.out_dir))


if __name__ == "__main__":
    main()
