"""Write a publication's page, the page of its as-of date and the archive. A page that is written stays as it is."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cx_etl.landing import write_whole
from cx_etl.language.catalogue import gettext
from cx_etl.language.spoken import speaking, spoken
from cx_etl.settings import load_settings
from cx_etl.snapshot import figures as read_figures
from cx_etl.snapshot import words
from cx_etl.snapshot.archive import write_archive, write_figures
from cx_etl.snapshot.charts import trend_svg
from cx_etl.snapshot.definitions import INTERVAL_SENTENCE, label_of, shown
from cx_etl.snapshot.page import environment, write_page
from cx_etl.snapshot.reasons import because
from cx_etl.warehouse import connect

if TYPE_CHECKING:
    import psycopg

RESTATED_SHOWN = 20


@dataclass(frozen=True)
class SnapshotReport:
    publication_id: int
    path: str
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def render(publication_id: int) -> SnapshotReport:
    """The page of a publication, the index of its as-of date if this is its newest publication, and the archive.

    A page that stands unaltered since it was written is kept: what readers were told stays told.
    """
    with connect() as connection:
        found = read_figures.read(connection, publication_id)
        folder = load_settings().snapshots_dir / found.publication.as_of_date.isoformat()
        page = folder / f"publication-{publication_id}.html"
        if not _stands(connection, publication_id, page):
            write_page(page, page_of(found, load_settings().languages[0]))
            _record(connection, found.publication, page)
        _write_translations(found, page)
        write_figures(found, page)
        _write_formats(connection, found, page)
        if _is_newest_of_date(connection, found.publication):
            for each in (page, *_translations(page)):
                write_page(folder / each.name.replace(page.stem, "index"), each.read_text(encoding="utf-8"))
        write_archive(connection)
    return SnapshotReport(publication_id, str(page), _digest(page))


def _write_translations(found: "read_figures.Figures", page: Path) -> None:
    """The page in the other languages of the settings, beside it; those that stand are kept."""
    for language, path in zip(load_settings().languages[1:], _translations(page), strict=True):
        if not path.exists():
            write_page(path, page_of(found, language))


def _translations(page: Path) -> list[Path]:
    """Where the page stands in each language but the first."""
    return [page.with_suffix(f".{language}.html") for language in load_settings().languages[1:]]


def _write_formats(connection: "psycopg.Connection", found: "read_figures.Figures", page: Path) -> None:
    """The other formats that the settings want, beside the page; those that stand are kept."""
    for wanted in load_settings().snapshot_formats:
        path = page.with_suffix(f".{wanted}")
        if path.exists():
            continue
        if wanted == "pdf":
            from cx_etl.snapshot.printed import pdf_of

            write_whole(path, pdf_of(page.read_text(encoding="utf-8")))
        elif wanted == "xlsx":
            from cx_etl.snapshot.workbook import workbook_of

            write_whole(path, workbook_of(connection, found, words.verdict(found)))


def page_of(found: "read_figures.Figures", language: str) -> str:
    """The page as text; the same figures give the same text."""
    with speaking(language):
        return environment().get_template("snapshot.html").render(_told(found))


def _told(found: "read_figures.Figures") -> dict[str, Any]:
    """What the template is filled with, in the language that is spoken."""
    return {
        "publication": found.publication,
        "verdict": words.verdict(found),
        "cards": [_card(each) for each in found.headlines if each.now],
        "quiet": [each for each in found.headlines if not each.now],
        "restated": found.restated[:RESTATED_SHOWN],
        "restated_count": len(found.restated),
        "noted": found.checks - found.checks_passed - len(found.warnings),
        "label_of": label_of,
        "shown": shown,
        "period": words.period,
        "because": because,
        "held": words.held(found),
        "effects": words.effects(found),
        "interval_sentence": gettext(INTERVAL_SENTENCE),
        "figures": found,
        "pages": _pages(found.publication.publication_id),
    }


def _pages(publication_id: int) -> dict[str, str]:
    """The file of the page in every other language than the spoken one."""
    first, *others = load_settings().languages
    page = f"publication-{publication_id}"
    files = {first: f"{page}.html", **{each: f"{page}.{each}.html" for each in others}}
    return {language: file for language, file in files.items() if language != spoken().language}


def _card(headline: "read_figures.Headline") -> dict[str, Any]:
    """What the page shows of a metric that has a figure for the last 30 days."""
    return {
        "headline": headline,
        "change": words.against_previous_period(headline),
        "since": words.since_last_publication(headline),
        "few": headline.now is not None and headline.now.n < words.FEW,
        # The chart holds numbers, dates and our own words: nothing that came from outside.
        "chart": Markup(trend_svg(headline)),
        "numbers": [value for value in headline.trend[::-7] if value.value is not None],
    }


def _stands(connection: "psycopg.Connection", publication_id: int, page: Path) -> bool:
    row = connection.execute("select sha256 from ops.snapshots where publication_id = %s", (publication_id,)).fetchone()
    return row is not None and page.exists() and _digest(page) == row[0]


def _record(connection: "psycopg.Connection", publication: "read_figures.Publication", page: Path) -> None:
    connection.execute(
        "insert into ops.snapshots (publication_id, night, path, sha256) values (%s, %s, %s, %s)"
        " on conflict (publication_id) do update set path = excluded.path, sha256 = excluded.sha256,"
        " rendered_at = now()",
        (publication.publication_id, publication.night, str(page), _digest(page)),
    )


def _is_newest_of_date(connection: "psycopg.Connection", publication: "read_figures.Publication") -> bool:
    row = connection.execute(
        "select max(publication_id) from ops.publications where as_of_date = %s", (publication.as_of_date,)
    ).fetchone()
    return row is not None and row[0] == publication.publication_id


def _digest(page: Path) -> str:
    return hashlib.sha256(page.read_bytes()).hexdigest()
