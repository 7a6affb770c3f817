"""The archive: every as-of date that has a page, to be searched by day, and any two publications side by side."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cx_etl.language.catalogue import gettext
from cx_etl.language.numbers import count, digits, short_day
from cx_etl.language.spoken import speaking, spoken
from cx_etl.settings import FORMATS, load_settings
from cx_etl.snapshot.page import environment, write_page

if TYPE_CHECKING:
    import psycopg

    from cx_etl.snapshot.figures import Figures

# The newest so many can be compared: the archive carries their figures with it, so that it works as a file.
COMPARED = 400


def write_figures(found: "Figures", page: Path) -> None:
    """The headline figures of the page as data beside it, as they were told; those that stand are kept."""
    path = page.with_suffix(".json")
    if not path.exists():
        with speaking(load_settings().languages[0]):
            write_page(path, json.dumps(_figures_of(found), ensure_ascii=False, indent=1))


def _figures_of(found: "Figures") -> list[dict[str, Any]]:
    """One for each headline that has a value for the last 30 days."""
    return [
        {
            "name": gettext(headline.metric.label),
            "value": float(headline.now.value),
            "shown": headline.metric.unit.value(headline.now.value),
            "n": count(headline.now.n),
        }
        for headline in found.headlines
        if headline.now and headline.now.value is not None
    ]


def write_archive(connection: "psycopg.Connection") -> None:
    """The page of all as-of dates, newest first, in the first language of the settings."""
    folder = load_settings().snapshots_dir
    found = connection.execute(
        "select as_of_date, publications.publication_id, published_at, warnings,"
        " publications.publication_id = max(publications.publication_id) over (partition by as_of_date)"
        " from ops.snapshots inner join ops.publications using (publication_id)"
        " order by as_of_date desc, publications.publication_id desc"
    ).fetchall()
    pages = [folder / row[0].isoformat() / f"publication-{row[1]}.html" for row in found]
    rows = [(*row, _formats_of(page)) for row, page in zip(found, pages, strict=True)]
    with speaking(load_settings().languages[0]):
        compared = [
            {"title": _title(*row[:2]), "figures": json.loads(page.with_suffix(".json").read_bytes())}
            for row, page in list(zip(found, pages, strict=True))[:COMPARED]
            if page.with_suffix(".json").exists()
        ]
        template = environment().get_template("archive.html")
        content = template.render(rows=rows, compared=_script_data(compared, _words()), comparable=len(compared))
    write_page(folder / "index.html", content)


def _title(as_of_date: date, publication_id: int) -> str:
    return gettext("%(day)s (publication %(number)s)", day=short_day(as_of_date), number=digits(publication_id))


def _words() -> dict[str, str]:
    """What the page's script says, and how it writes numbers."""
    return {
        "locale": f"{spoken().language}-u-nu-{'native' if spoken().has_native_digits else 'latn'}",
        "metric": gettext("metric"),
        "difference": gettext("difference"),
        "none": gettext("none"),
        "found": gettext("%(found)s of %(all)s publications", found="{found}", all="{all}"),
    }


def _script_data(publications: list[dict[str, Any]], words: dict[str, str]) -> Markup:
    """As JSON in which nothing looks like the end of the script element."""
    text = json.dumps({"publications": publications, "words": words}, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))


def _formats_of(page: Path) -> list[str]:
    """The formats in which the page stands beside itself."""
    return [each for each in FORMATS if page.with_suffix(f".{each}").exists()]
