"""The quota plan: calls that a night is expected to need, against what the vendors allow, before the first call."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cx_etl import warehouse
from cx_etl.errors import QuotaError
from cx_etl.settings import load_settings
from cx_etl.sources import Account
from cx_etl.sources.base import Budget

if TYPE_CHECKING:
    import psycopg

DAY_SECONDS = 86_400
# Calls that the last nights took at most, calls within the budget's window, and streams without nights.
SPENT_SQL = """
    with
        nights as (
            select
                stream, calls, window_from, loaded_at,
                row_number() over (partition by stream order by night desc) as age
            from ops.loads
            where source = %(source)s and account = %(account)s and status = 'done' and stream = any(%(streams)s)
        ),
        -- The load of all history says nothing of a night.
        expected as (
            select stream, max(calls) as calls from nights where age <= 7 and window_from > '1970-01-02' group by stream
        )
    select
        (select coalesce(sum(calls), 0) from expected),
        (select coalesce(sum(calls), 0) from nights where loaded_at > now() - make_interval(secs => %(seconds)s)),
        cardinality(%(streams)s) - (select count(*) from expected)
"""


@dataclass(frozen=True)
class Line:
    """One budget of one account: calls expected tonight, allowed per window, spent in the window that ends now.

    ``unknown`` streams have no night behind them, or only the one that brought all history. ``minutes`` is the least
    time that the expected calls take at the vendor's pace.
    """

    account: str
    budget: Budget
    expected: int
    spent: int
    unknown: int

    @property
    def allowed(self) -> str:
        return f"{self.budget.calls:,} / {_window(self.budget.seconds)}"

    @property
    def minutes(self) -> float:
        return self.expected / self.budget.calls * self.budget.seconds / 60

    @property
    def problem(self) -> str | None:
        """Why the night cannot be done within this budget, or None."""
        left = self.budget.calls - self.spent
        if self.budget.seconds >= DAY_SECONDS and self.expected > left:
            return f"{self.expected} calls expected, {left} of {self.budget.calls} left"
        deadline = load_settings().stream_deadline_seconds / 60
        if self.budget.seconds < DAY_SECONDS and self.minutes > deadline:
            return f"takes {self.minutes:.0f} minutes, a stream may take {deadline:.0f}"
        return None


def plan(accounts: Iterable[Account]) -> list[Line]:
    """One line per budget of the accounts."""
    with warehouse.connect() as connection:
        return [
            _line(connection, account, _agreed(account, budget))
            for account in accounts
            for budget in account.source.budgets
        ]


def _agreed(account: Account, budget: Budget) -> Budget:
    """The budget as the account's own plan with the vendor has it, where the settings say so."""
    own = load_settings().options.get(account.source.name, {}).get("budgets", {}).get(budget.name)
    return budget if own is None else replace(budget, calls=int(own))


def require_room(account: Account) -> list[Line]:
    """The account's lines. Raises QuotaError, before any call, when a budget cannot hold what the night needs."""
    lines = plan([account])
    for line in lines:
        if line.problem:
            raise QuotaError(
                f"{account.label}, {line.budget.name}: {line.problem}",
                "wait until the window starts anew, raise the limit with the vendor, or read less of it (docs/sources)",
            )
    return lines


def _line(connection: "psycopg.Connection", account: Account, budget: Budget) -> Line:
    streams = list(budget.streams or (stream.name for stream in account.source.streams))
    row = connection.execute(
        SPENT_SQL,
        {
            "source": account.source.name,
            "account": account.name,
            "streams": streams,
            "seconds": budget.seconds,
        },
    ).fetchone()
    assert row is not None
    return Line(account.label, budget, *map(int, row))


def as_text(lines: list[Line]) -> str:
    """A table that fits 100 columns."""
    table = [f"{'account':<20}{'budget':<32}{'expected':>9}{'allowed':>16}{'spent':>7}{'minutes':>9}"]
    for line in lines:
        table.append(
            f"{line.account:<20}{line.budget.name:<32}{line.expected:>9,}{line.allowed:>16}{line.spent:>7,}"
            f"{line.minutes:>9.1f}"
        )
        if line.unknown:
            table.append(f"{'':<20}{line.unknown} of its streams have no nights yet to expect from")
        if line.problem:
            table.append(f"{'':<20}problem: {line.problem}")
    return "\n".join(table)


def _window(seconds: int) -> str:
    return {60: "minute", 3600: "hour", DAY_SECONDS: "day"}.get(seconds, f"{seconds} s")
