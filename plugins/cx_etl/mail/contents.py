"""The contents of a subscription's mail: subject, HTML, plain text and charts, from one publication's figures."""

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from cx_etl.errors import DataError
from cx_etl.language.catalogue import gettext
from cx_etl.language.spoken import speaking
from cx_etl.mail import slack
from cx_etl.mail import words as mail_words
from cx_etl.mail.edition import Edition
from cx_etl.mail.subscriptions import Subscription, segment_of
from cx_etl.snapshot import figures as read_figures
from cx_etl.snapshot import words
from cx_etl.snapshot.charts import PNG_WIDTH, spoken, trend_png
from cx_etl.snapshot.definitions import INTERVAL_SENTENCE, label_of, shown
from cx_etl.snapshot.page import environment
from cx_etl.snapshot.reasons import because

if TYPE_CHECKING:
    import psycopg
    from jinja2 import Environment

LARGEST_HTML = 102_000  # bytes; Gmail cuts what is longer
RESTATED_SHOWN = 5
THINGS_SHOWN = 10


@dataclass(frozen=True)
class Section:
    """The headlines of one segment that have a figure; ``title`` is empty for everyone's."""

    title: str
    headlines: tuple[read_figures.Headline, ...]


@dataclass(frozen=True)
class Contents:
    """``images`` are PNG by content id; ``html`` is empty where plain text is subscribed to, ``message`` is Slack's."""

    subject: str
    text: str
    html: str
    images: dict[str, bytes]
    things: tuple[str, ...]
    missing: tuple[str, ...]
    message: dict[str, Any] = field(default_factory=dict)

    @property
    def has_figures(self) -> bool:
        return bool(self.text)


def contents_of(connection: "psycopg.Connection", edition: Edition, subscription: Subscription) -> Contents:
    """What the subscription is told. Segments without a figure are left out and named in ``missing``.

    Without a figure in any segment there is no text. Raises DataError for HTML that mail programs would cut.
    """
    figures = read_figures.read(connection, edition.publication_id)
    with speaking(subscription.language):
        return _contents(connection, edition, subscription, figures)


def _contents(
    connection: "psycopg.Connection", edition: Edition, subscription: Subscription, figures: read_figures.Figures
) -> Contents:
    sections = [_section(connection, figures, segment) for segment in subscription.segments]
    missing = tuple(
        segment for segment, found in zip(subscription.segments, sections, strict=True) if not found.headlines
    )
    filled = [section for section in sections if section.headlines]
    things = mail_words.things_to_look_at(edition, figures)
    if not filled:
        return Contents("", "", "", {}, things, missing)
    subject = mail_words.subject(edition, figures, filled[0].title, filled[0].headlines, things)
    told = _told(edition, figures, filled, things, subscription)
    if subscription.format == "slack":
        return Contents(subject, subject, "", {}, things, missing, slack.message_of(told, subject))
    text = _templates(False).get_template("mail.txt").render(told)
    if subscription.format == "text":
        return Contents(subject, text, "", {}, things, missing)
    return Contents(subject, text, _html(told), _images(told["sections"]), things, missing)


def _section(connection: "psycopg.Connection", figures: read_figures.Figures, segment: str) -> Section:
    if segment == "all":
        found, title = figures.headlines, ""
    else:
        name, value = segment_of(segment)
        found, title = (
            read_figures.headlines(connection, figures.publication, (name, value)),
            mail_words.inert(f"{name}: {value}"),
        )
    return Section(title, tuple(each for each in found if each.now))


def _told(
    edition: Edition,
    figures: read_figures.Figures,
    sections: list[Section],
    things: tuple[str, ...],
    subscription: Subscription,
) -> dict[str, Any]:
    """What both templates are filled with."""
    notice = mail_words.notice(edition, figures)
    verdict = words.verdict(figures)
    if sections[0].title:
        verdict = gettext("Over everyone: %(verdict)s", verdict=verdict)
    return {
        "figures": figures,
        "publication": figures.publication,
        "subscription": subscription,
        "notice": notice,
        "verdict": verdict,
        "preheader": notice or verdict,
        "things": things[:THINGS_SHOWN],
        "more_things": len(things) - len(things[:THINGS_SHOWN]),
        "sections": [
            (section.title, [_card(each, not number and subscription.format == "html") for each in section.headlines])
            for number, section in enumerate(sections)
        ],
        "metrics": list({each.metric.variant: each.metric for part in sections for each in part.headlines}.values()),
        "restated": figures.restated[:RESTATED_SHOWN],
        "label_of": label_of,
        "shown": shown,
        "period": words.period,
        "because": because,
        "effects": words.effects(figures),
        "interval_sentence": gettext(INTERVAL_SENTENCE),
        "chart_width": PNG_WIDTH + 50,
    }


def _card(headline: read_figures.Headline, with_chart: bool) -> dict[str, Any]:
    """What a mail shows of a metric; only the first segment has charts, so that the mail stays small."""
    png = trend_png(headline) if with_chart else b""
    return {
        "metric": headline.metric,
        "now": headline.now,
        "change": words.against_previous_period(headline),
        "week": mail_words.against_last_week(headline),
        "since": words.since_last_publication(headline),
        "few": headline.now is not None and headline.now.n < words.FEW,
        "cid": f"{headline.metric.variant}@cx",
        "png": png,
        "spoken": spoken(headline) if png else "",
    }


def _images(sections: list[tuple[str, list[dict[str, Any]]]]) -> dict[str, bytes]:
    return {card["cid"]: card["png"] for _, cards in sections for card in cards if card["png"]}


def _html(told: dict[str, Any]) -> str:
    """The page with every rule written into its elements: what comes in a head is dropped by many mail programs."""
    from css_inline import CSSInliner

    page = _templates(True).get_template("mail.html").render(told)
    inlined = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True).inline(page)
    if len(inlined.encode()) >= LARGEST_HTML:
        raise DataError(
            f"the mail of subscription {told['subscription'].name} has {len(inlined.encode()):,} bytes of HTML,"
            f" and from {LARGEST_HTML:,} on mail programs cut",
            "split its segments into two [[subscriptions]]",
        )
    return inlined


@cache
def _templates(is_html: bool) -> "Environment":
    """The page's environment over the mail's templates. What is filled in is inert; in HTML it is escaped besides."""
    from jinja2 import PackageLoader

    found = environment().overlay(
        loader=PackageLoader("cx_etl.mail"), autoescape=is_html, finalize=mail_words.without_controls
    )
    found.filters["inert"] = mail_words.inert
    return found
