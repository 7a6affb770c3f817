"""Sending a night's mails and messages: who is due, what they are told, one delivery each, what became of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from cx_etl import warehouse
from cx_etl.connections import Connection
from cx_etl.connections import connection as environment_connection
from cx_etl.errors import ConfigError, CxError, DataError, RetriableError, UnknownError
from cx_etl.mail import sends, slack
from cx_etl.mail.contents import Contents, contents_of
from cx_etl.mail.edition import Edition, NotYetError, edition_of
from cx_etl.mail.message import compose, message_id
from cx_etl.mail.sends import Mail
from cx_etl.mail.smtp import RefusedError, deliver, server
from cx_etl.mail.subscriptions import Subscription, subscriptions
from cx_etl.mail.words import inert

if TYPE_CHECKING:
    import psycopg

Connect = Callable[[str], Connection]
_TROUBLE = ("failed", "refused", "unknown")
# West of the business time zone a late hour comes when the next night is there already.
NIGHTS_LOOKED_AT = 3


@dataclass(frozen=True)
class Outcome:
    """What became of one mail; ``is_news`` if that was decided just now, and not by an earlier run."""

    subscription: str
    recipient: str
    status: str
    detail: str
    is_news: bool = True

    @property
    def is_trouble(self) -> bool:
        return self.status in _TROUBLE

    def as_text(self) -> str:
        return f"{self.status:<9} {self.subscription}  {self.recipient}  {inert(self.detail)}".rstrip()


def send(
    night: date,
    name: str | None = None,
    *,
    at_once: bool = False,
    again: bool = False,
    connect: Connect = environment_connection,
    now: datetime | None = None,
) -> Iterator[Outcome]:
    """Send the night's mails that are due, of all subscriptions or the named one; an outcome for each recipient.

    ``at_once`` does not wait for the hour. ``again`` sends also what was refused, is unknown, or does not meet its
    condition. Raises NotYetError while there is nothing to tell, ConfigError for settings or a login that are wrong.
    """
    moment = now or datetime.now(UTC)
    wanted = chosen(name)
    with warehouse.connect() as ledger:
        edition = edition_of(ledger, night)
        for subscription in wanted:
            if at_once or again or subscription.due_at(night) <= moment:
                yield from _send_all(ledger, edition, subscription, connect, again)
            else:
                yield from _all(subscription, "waits", _until(subscription, night))


def _send_all(
    ledger: "psycopg.Connection",
    edition: Edition,
    subscription: Subscription,
    connect: Connect,
    again: bool,
) -> Iterator[Outcome]:
    """One subscription's mails. What is wrong with its contents does not hold up the others."""
    try:
        contents = contents_of(ledger, edition, subscription)
    except DataError as error:
        yield from _all(subscription, "failed", error.message)
        return
    reason = None if again and contents.has_figures else reason_to_skip(edition, subscription, contents)
    for recipient in subscription.recipients:
        mail = Mail(edition, subscription.name, recipient)
        if reason:
            yield _skip(ledger, mail, reason)
        elif subscription.format == "slack":
            yield _send_message(ledger, connect, mail, contents, again)
        else:
            yield _send_mail(ledger, connect, mail, contents, again)


def send_due(connect: Connect, now: datetime | None = None) -> list[str]:
    """To each subscription the newest night that is due for it, as text; for a schedule that comes round all day.

    Raises CxError naming the mails that went wrong in this run; the trouble of earlier ones is only told.
    """
    moment = now or datetime.now(UTC)
    with warehouse.connect() as ledger:
        rows = ledger.execute("select distinct night from ops.builds order by night desc limit %s", (NIGHTS_LOOKED_AT,))
        nights = [night for (night,) in rows]
    lines, trouble = [], False
    for subscription in subscriptions():
        night = next((each for each in nights if subscription.due_at(each) <= moment), None)
        try:
            outcomes = list(send(night, subscription.name, connect=connect, now=moment)) if night else []
        except NotYetError as error:
            lines.append(f"{subscription.name}: {error.message}")
            continue
        lines += [outcome.as_text() for outcome in outcomes]
        trouble |= any(outcome.is_trouble and outcome.is_news for outcome in outcomes)
    if trouble:
        raise CxError(
            "not every mail could be sent:\n" + "\n".join(lines), "`cx status` names them, docs/mail.md says more"
        )
    return lines


def reason_to_skip(edition: Edition, subscription: Subscription, contents: Contents) -> str | None:
    """Why the subscription gets no mail of this edition; None if it gets one."""
    if not contents.has_figures:
        return f"no figures for {', '.join(contents.missing)}"
    if subscription.only_when == "things_to_look_at" and not contents.things:
        return "there is nothing to look at"
    if subscription.only_when == "new_publication" and edition.kind != "new":
        return f"no new publication: {edition.cause or 'no new data'}"
    return None


def chosen(name: str | None) -> Sequence[Subscription]:
    """All subscriptions, or the named one. Raises ConfigError where there is none."""
    known = subscriptions()
    if not known:
        raise ConfigError("there is no subscription", "write [[subscriptions]] into cx.toml, see docs/mail.md")
    if name is None:
        return known
    found = [each for each in known if each.name == name]
    if not found:
        names = ", ".join(each.name for each in known)
        raise ConfigError(f"there is no subscription {name}", f"known are {names}")
    return found


def _all(subscription: Subscription, status: str, detail: str) -> Iterator[Outcome]:
    """The same for every recipient, and nothing in the ledger."""
    return (Outcome(subscription.name, recipient, status, detail) for recipient in subscription.recipients)


def _until(subscription: Subscription, night: date) -> str:
    return f"until {subscription.due_at(night):%Y-%m-%d %H:%M} UTC, {subscription.hour}:00 in {subscription.zone}"


def _skip(ledger: "psycopg.Connection", mail: Mail, reason: str) -> Outcome:
    if sends.skip(ledger, mail, reason):
        return Outcome(mail.subscription, mail.recipient, "skipped", reason)
    return _standing(ledger, mail)


def _send_mail(ledger: "psycopg.Connection", connect: Connect, mail: Mail, contents: Contents, again: bool) -> Outcome:
    to = server(connect("smtp"))
    message = composed(mail, contents, to.sender)
    if not sends.claim(ledger, mail, _message_id(mail, to.sender), again):
        return _standing(ledger, mail)
    return _deliver(ledger, mail, contents, lambda: deliver(to, mail.recipient, message))


def _send_message(
    ledger: "psycopg.Connection", connect: Connect, mail: Mail, contents: Contents, again: bool
) -> Outcome:
    """A webhook that is not there or wrong holds up no other: it is this subscription's alone."""
    try:
        webhook = connect(mail.recipient)
        slack.require_webhook(webhook)
    except ConfigError as error:
        return Outcome(mail.subscription, mail.recipient, "failed", error.message)
    if not sends.claim(ledger, mail, None, again):
        return _standing(ledger, mail)
    return _deliver(ledger, mail, contents, lambda: slack.post(webhook, contents.message))


def _deliver(ledger: "psycopg.Connection", mail: Mail, contents: Contents, hand_over: Callable[[], None]) -> Outcome:
    """Hand over what was claimed, and record what became of it."""
    missing = f"without {', '.join(contents.missing)}: no figures" if contents.missing else None
    try:
        hand_over()
    except RetriableError as error:
        return _recorded(ledger, mail, "failed", error.message)
    except RefusedError as error:
        return _recorded(ledger, mail, "refused", error.message)
    except UnknownError as error:
        return _recorded(ledger, mail, "unknown", error.message)
    except ConfigError as error:
        # It would be the same for all others, and a person must see to it.
        sends.record(ledger, mail, "failed", error.message)
        raise
    return _recorded(ledger, mail, "sent", missing)


def _recorded(ledger: "psycopg.Connection", mail: Mail, status: sends.Status, reason: str | None) -> Outcome:
    sends.record(ledger, mail, status, reason)
    return Outcome(mail.subscription, mail.recipient, status, _detail(status, reason, mail))


def _standing(ledger: "psycopg.Connection", mail: Mail) -> Outcome:
    """What an earlier run left, or another one is about."""
    found = sends.standing(ledger, mail)
    assert found is not None
    if found.status == "sent":
        told = "already sent", f"at {found.at:%Y-%m-%d %H:%M} UTC"
    elif found.status == "claimed":
        told = "claimed", f"is being sent by another run, until {found.lease_until:%Y-%m-%d %H:%M} UTC"
    else:
        told = found.status, _detail(found.status, found.reason, mail)
    return Outcome(mail.subscription, mail.recipient, *told, is_news=False)


def _detail(status: str, reason: str | None, mail: Mail) -> str:
    """The reason, and how a person decides what no run may."""
    if status not in ("refused", "unknown"):
        return reason or ""
    command = f"cx send {mail.edition.night} --to {mail.subscription} --again"
    doubt = "may have been sent; ask, and if it was not" if status == "unknown" else "once that is put right"
    return f"{reason}; {doubt}: `{command}`"


def _message_id(mail: Mail, sender: str) -> str:
    return message_id(mail.edition, mail.subscription, mail.recipient, sender)


def composed(mail: Mail, contents: Contents, sender: str) -> bytes:
    """The mail as it goes to the server."""
    return compose(contents, sender, mail.recipient, _message_id(mail, sender), datetime.now(UTC)).as_bytes()
