"""The edition as a Slack message: its blocks within Slack's limits, and one post of them to an incoming webhook."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from cx_etl.connections import Connection
from cx_etl.errors import ConfigError, CxError, QuotaError, RetriableError, UnknownError
from cx_etl.http import Client
from cx_etl.language.catalogue import N_, gettext, ngettext
from cx_etl.language.numbers import count, day, digits, moment
from cx_etl.mail.smtp import RefusedError
from cx_etl.sources.base import Answer, Page, Request, Source

MOST_BLOCKS = 50
LONGEST_TEXT = 3000
LONGEST_HEADER = 150
# Before it is escaped, which makes five characters of one at most.
LONGEST_LINE = 590
_MORE = N_("There is more on the page of this publication.")
ON_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def escaped(text: str) -> str:
    """A text in which nothing calls anybody or links anywhere; too long a one is cut before it is escaped."""
    line = text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def message_of(told: dict[str, Any], subject: str) -> dict[str, Any]:
    """What is posted: blocks, and the subject for notifications and those who hear instead of see."""
    blocks = [*_verdict(told), *_things(told), *_figures(told["sections"], told)]
    foot = _foot(told)
    if len(blocks) + len(foot) > MOST_BLOCKS:
        blocks = [*blocks[: MOST_BLOCKS - len(foot) - 1], _section(f"_{gettext(_MORE)}_")]
    return {"text": escaped(subject), "blocks": [*blocks, *foot], "unfurl_links": False, "unfurl_media": False}


def _verdict(told: dict[str, Any]) -> list[dict[str, Any]]:
    title = gettext("Customer experience, %(day)s", day=day(told["publication"].as_of_date))
    notice = [f"*{escaped(told['notice'])}*"] if told["notice"] else []
    head = {"type": "header", "text": {"type": "plain_text", "text": title[:LONGEST_HEADER]}}
    return [head, *_packed([*notice, escaped(told["verdict"])])]


def _things(told: dict[str, Any]) -> list[dict[str, Any]]:
    things, more = told["things"], told["more_things"]
    if not things:
        return []
    title = ngettext("%(count)s thing to look at", "%(count)s things to look at", len(things) + more)
    rest = ["• " + gettext("and %(number)s more", number=count(more))] if more else []
    return _packed([f"*{title}*", *(f"• {escaped(thing)}" for thing in things), *rest])


def _figures(sections: list[tuple[str, list[dict[str, Any]]]], told: dict[str, Any]) -> list[dict[str, Any]]:
    """Each segment's figures below its title; as many in a block as it holds."""
    to = day(told["publication"].as_of_date)
    found = []
    for title, cards in sections:
        if title:
            head = gettext("%(segment)s, last 30 days, to %(day)s", segment=escaped(title), day=to)
        else:
            head = gettext("Last 30 days, to %(day)s", day=to)
        found += [{"type": "divider"}, *_packed([f"*{head}*", *map(_figure, cards)])]
    return found


def _figure(card: dict[str, Any]) -> str:
    """The figure, its changes, its interval and what it is counted from."""
    metric, now = card["metric"], card["now"]
    unit = metric.unit
    has_interval = now.ci_low is not None and now.ci_high is not None
    counted = gettext("from %(counted)s", counted=unit.of(now.n))
    lines = (
        f"*{gettext(metric.label)}: {unit.full(now.value)}*",
        card["week"],
        card["change"] and gettext("%(change)s vs 30 days before", change=card["change"].words),
        gettext("95%% interval %(range)s", range=unit.interval(now.ci_low, now.ci_high)) if has_interval else "",
        counted + (gettext(", too few to act upon") if card["few"] else ""),
        gettext("not final: some still wait for their outcome") if now.is_complete is False else "",
    )
    return "\n".join(map(escaped, filter(None, lines)))


def _foot(told: dict[str, Any]) -> list[dict[str, Any]]:
    publication, link = told["publication"], told["subscription"].link
    page = f"{link.rstrip('/')}/{publication.as_of_date}/publication-{publication.publication_id}.html"
    address = quote(page, safe=":/?#[]@!$&'()*+,;=%").replace("&", "&amp;")
    said = gettext(
        "Publication %(number)s, published %(moment)s",
        number=digits(publication.publication_id),
        moment=moment(publication.published_at),
    )
    end, whole = gettext("."), gettext("The whole snapshot")
    context = {"type": "context", "elements": [_text(f"{said}{end} {escaped(told['interval_sentence'])}")]}
    return [_section(f"<{address}|{whole}>"), context] if link else [context]


def _packed(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Sections of whole texts, none longer than Slack takes."""
    blocks: list[str] = []
    for text in texts:
        if blocks and len(blocks[-1]) + 1 + len(text) <= LONGEST_TEXT:
            blocks[-1] += f"\n{text}"
        else:
            blocks.append(text)
    return [_section(block) for block in blocks]


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _text(text)}


def _text(text: str) -> dict[str, Any]:
    # Verbatim: what looks like an address or a channel in it stays text.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def require_webhook(connection: Connection) -> None:
    """Raises ConfigError unless the connection is a webhook: a host with TLS, and its secret part as the password."""
    place = urlsplit(connection.host)
    next_step = "host: https://hooks.slack.com/services, password: what follows in the webhook's address"
    if not place.hostname or not connection.password or not connection.password.isascii():
        raise ConfigError(f"the connection {connection.id} lacks host or password", next_step)
    if place.scheme != "https" and place.hostname not in ON_THIS_MACHINE:
        raise ConfigError(f"the connection {connection.id} is without TLS: its address is a secret", next_step)


def post(connection: Connection, message: dict[str, Any]) -> None:
    """Hand the message over. Raises RetriableError, RefusedError or UnknownError when it was not, or may not have been.

    It is tried again while Slack says that it is busy, and never when it may have been taken.
    """
    # The secret is filled into the path by name, so that no error shows it.
    hidden = Connection(connection.id, connection.host, "", "", {"webhook": quote(connection.password.strip("/"))})
    request = Request("/{webhook}", "POST", json=message, is_once=True)
    try:
        with TemporaryDirectory() as scratch, Client(_SLACK, hidden, Path(scratch)) as client:
            client.send(request, lambda answer: Page(0))
    except (RetriableError, UnknownError):
        raise
    except QuotaError as error:
        raise RetriableError(error.message, error.next_step) from error
    except CxError as error:
        raise RefusedError(error.message, "correct the webhook's connection or the channel") from error


def _check(answer: Answer) -> None:
    if answer.body.strip() != b"ok":
        raise RefusedError(f"a webhook says ok, but here is {answer.body[:80]!r}")


_SLACK = Source(name="slack", streams=(), auth=lambda connection: httpx.Auth(), check=_check)
