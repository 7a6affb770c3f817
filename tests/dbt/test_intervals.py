"""The intervals as PostgreSQL computes them from the macros, against the formulas in slow Python."""

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx_etl import dbt_runner
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.settings import load_settings

Z = 1.959964
SELECT = """
select
    {{ net_score('p', 'd', 'n') }} as score,
    {{ adjusted_wald('p', 'd', 'n', '-') }} as wald_low,
    {{ adjusted_wald('p', 'd', 'n', '+') }} as wald_high,
    {{ wilson('p', 'n', '-', 100) }} as wilson_low,
    {{ wilson('p', 'n', '+', 100) }} as wilson_high
from counts
"""


@pytest.fixture(scope="module")
def computed(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Cursor]:
    """A cursor over a table of counts p, d and n, and a view of what the macros make of them."""
    from dbt.cli.main import dbtRunner

    postgres.create_database("intervals")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_WAREHOUSE_DSN", postgres.dsn("intervals"))
        patch.setenv("CX_STATE_DIR", str(tmp_path_factory.mktemp("intervals")))
        chosen = load_settings()
        Path(chosen.state_dir).mkdir(parents=True, exist_ok=True)
        with dbt_runner.variables_set(dbt_runner.dbt_environment(chosen)):
            outcome = dbtRunner().invoke(["compile", *dbt_runner.dbt_arguments(chosen), "--inline", SELECT])
    assert outcome.success, outcome.exception
    sql = outcome.result.results[0].node.compiled_code
    with psycopg.connect(postgres.dsn("intervals"), autocommit=True) as connection:
        connection.execute("create table counts (p bigint, d bigint, n bigint)")
        connection.execute(f"create view computed as {sql}")
        yield connection.cursor()


def _ask(cursor: psycopg.Cursor, p: int, d: int, n: int) -> list[float | None]:
    cursor.execute("truncate counts")
    cursor.execute("insert into counts values (%s, %s, %s)", (p, d, n))
    [row] = cursor.execute("select * from computed").fetchall()
    return [None if value is None else float(value) for value in row]


def _adjusted_wald(p: int, d: int, n: int) -> tuple[float, float]:
    """METRICS: three more answers, one of each kind less a quarter; then the plain formula."""
    more = n + 3
    up, down = (p + Fraction(3, 4)) / more, (d + Fraction(3, 4)) / more
    variance = up + down - (up - down) ** 2
    half = Z * 100 * math.sqrt(float(variance / more))
    middle = float(100 * (up - down))
    return middle - half, middle + half


def _wilson(hits: int, n: int) -> tuple[float, float]:
    """Both shares at which the observed one is Z standard errors away, found by halving an interval."""

    def excess(share: float) -> float:
        return abs(hits / n - share) - Z * math.sqrt(share * (1 - share) / n)

    def root(inside: float, outside: float) -> float:
        for _ in range(200):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if excess(middle) <= 0 else (inside, middle)
        return 100 * (inside + outside) / 2

    share = hits / n
    return root(share, 0.0), root(share, 1.0)


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int, int]:
    """Promoters, detractors and all answers."""
    n = draw(st.integers(1, 5000) | st.integers(1, 12))
    p = draw(st.integers(0, n))
    return p, draw(st.integers(0, n - p)), n


@given(counts())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_intervals_are_those_of_the_formulas(computed: psycopg.Cursor, cell: tuple[int, int, int]) -> None:
    p, d, n = cell
    score, wald_low, wald_high, wilson_low, wilson_high = _ask(computed, p, d, n)
    assert score == pytest.approx(float(100 * Fraction(p - d, n)), abs=1e-6)
    assert (wald_low, wald_high) == pytest.approx(_adjusted_wald(p, d, n), abs=2e-6)
    assert (wilson_low, wilson_high) == pytest.approx(_wilson(p, n), abs=2e-6)


@pytest.mark.parametrize(
    ("p", "d", "n", "middle", "half"),
    [(100, 40, 200, 29.5567, 10.7412), (5, 1, 8, 36.36, 43.81), (10, 0, 10, 76.92, 29.42), (0, 0, 10, 0, 18.47)],
)
def test_golden_net_scores(computed: psycopg.Cursor, p: int, d: int, n: int, middle: float, half: float) -> None:
    _, low, high, _, _ = _ask(computed, p, d, n)
    assert low is not None
    assert high is not None
    assert (low + high) / 2 == pytest.approx(middle, abs=0.005)
    assert (high - low) / 2 == pytest.approx(half, abs=0.005)


def test_golden_share(computed: psycopg.Cursor) -> None:
    assert _ask(computed, 86, 0, 100)[3:] == pytest.approx([77.86, 91.47], abs=0.005)


def test_nothing_is_said_of_no_answers(computed: psycopg.Cursor) -> None:
    assert _ask(computed, 0, 0, 0) == [None] * 5
