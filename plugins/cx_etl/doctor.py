"""`cx doctor`: settings, warehouse and connections, each proven by asking, each problem with what to do about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from cx_etl import quota, warehouse
from cx_etl.connections import connection as environment_connection
from cx_etl.errors import ConfigError, CxError
from cx_etl.http import Client as HttpClient
from cx_etl.http import observed_at
from cx_etl.mail import slack, smtp
from cx_etl.mail.subscriptions import subscriptions
from cx_etl.nightly import chosen
from cx_etl.settings import dataset_folder, load_settings
from cx_etl.sources import Account
from cx_etl.sources.base import NOTHING, Answer, Client, Page

OLDEST_POSTGRES = 15
LARGEST_SKEW_SECONDS = 60


@dataclass(frozen=True)
class Finding:
    """What was asked of whom, whether the answer is good, and what it was."""

    subject: str
    question: str
    is_good: bool
    answer: str

    def as_text(self) -> str:
        mark = "ok " if self.is_good else "BAD"
        return f"{mark} {self.subject:<16} {self.question:<24} {self.answer}"


def examine(sources: tuple[str, ...] = ()) -> list[Finding]:
    """Everything that must hold before a night can run, for all enabled accounts and mail, or the named accounts."""
    findings = [_asked("cx.toml", "settings", _settings), _asked("warehouse", "connection", _warehouse)]
    if not findings[0].is_good:
        return findings
    for account in chosen(sources):
        findings += _account(account)
        if findings[1].is_good:
            findings += _budgets(account)
    if load_settings().subscriptions and not sources:
        findings += _mail()
    return findings


def _mail() -> list[Finding]:
    """The subscriptions, then what they are sent through. A webhook is only looked at: it posts what it gets."""
    findings = [_asked("mail", "subscriptions", _subscriptions)]
    if not findings[0].is_good:
        return findings
    if any(each.format != "slack" for each in subscriptions()):
        findings.append(_asked("mail", "server", _mail_server))
    webhooks = {each.connection for each in subscriptions() if each.format == "slack"}
    return findings + [_asked("mail", webhook, partial(_webhook, webhook)) for webhook in sorted(webhooks)]


def _webhook(name: str) -> str:
    slack.require_webhook(environment_connection(name))
    return "has host and password; whether Slack takes them shows with the first message"


def _asked(subject: str, question: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, question, True, ask())
    except CxError as error:
        return Finding(subject, question, False, str(error))


def _settings() -> str:
    settings = load_settings()
    accounts = chosen(())
    return f"{len(accounts)} accounts, business time zone {settings.time_zone}, state in {settings.state_dir}"


def _warehouse() -> str:
    with warehouse.connect() as connection:
        version = connection.info.server_version
        row = connection.execute("select to_regclass('ops.reconciliations') is not null").fetchone()
    if version // 10_000 < OLDEST_POSTGRES:
        raise ConfigError(f"PostgreSQL {version // 10_000} is too old", f"use {OLDEST_POSTGRES} or newer")
    if row is None or not row[0]:
        raise ConfigError("tables are missing in the warehouse", "`cx migrate`")
    return f"PostgreSQL {version // 10_000}, all tables there"


def _subscriptions() -> str:
    found = subscriptions()
    return f"{len(found)} with {sum(len(each.recipients) for each in found)} recipients"


def _mail_server() -> str:
    found = smtp.server(environment_connection("smtp"))
    smtp.try_login(found)
    return f"{found.host}:{found.port} lets us in, mails come from {found.sender}"


def _account(account: Account) -> list[Finding]:
    """The account's connection, then each probe; a connection that does not log in is asked nothing more."""
    source = account.source
    try:
        found = account.require(environment_connection(account.id))
        with TemporaryDirectory() as scratch, (source.client or HttpClient)(source, found, Path(scratch)) as client:
            return list(_probe_all(client, account))
    except CxError as error:
        return [Finding(account.label, "connection", False, str(error))]


def _probe_all(client: Client, account: Account) -> Iterator[Finding]:
    """The first probe proves the credentials, and its answer tells the source's clock; the others need it."""
    for number, probe in enumerate(account.source.probes):
        try:
            answer, _ = client.send(probe.request, lambda answer: Page(0, bodies=NOTHING))
            yield Finding(account.label, probe.name, True, probe.judge(answer))
        except CxError as error:
            yield Finding(account.label, probe.name, False, str(error))
            if number == 0:
                return
            continue
        if number == 0:
            yield _asked(account.label, "clock", partial(_skew, answer))
    if client.quota:
        left = f"{client.quota.left:,.0f} of {client.quota.limit:,.0f}"
        yield Finding(account.label, "quota left", client.quota.left > 0, left)


def _skew(answer: Answer) -> str:
    """Windows end by the source's clock; one that is off makes nights fail, or end too early."""
    if dataset_folder():
        return f"the sandbox lives at {observed_at(answer):%Y-%m-%d %H:%M} UTC"
    seconds = (observed_at(answer) - datetime.now(UTC)).total_seconds()
    if abs(seconds) > LARGEST_SKEW_SECONDS:
        raise ConfigError(f"the source's clock is {seconds:+.0f} s off ours", "synchronise this machine's clock (NTP)")
    return f"{seconds:+.0f} s"


def _budgets(account: Account) -> list[Finding]:
    return [
        Finding(
            account.label,
            "budget",
            line.problem is None,
            line.problem or f"{line.budget.name}: a night needs {line.expected:,}, allowed are {line.allowed}",
        )
        for line in quota.plan([account])
    ]
