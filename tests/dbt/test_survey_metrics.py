"""The survey metrics over a random world in raw tables, against the slow, obvious way to compute them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple

import psycopg
import pytest
from survey_world import (
    AS_OF,
    FIRST,
    QUESTIONS,
    ZONE,
    Contact,
    Response,
    make_contacts,
    make_responses,
    write_contacts,
    write_responses,
)

from cx_etl import transform, warehouse
from cx_etl.dbt_runner import DbtRun
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.settings import load_settings
from periods import every_day, every_period
from pipelines import Built, build_models

MARTS = (
    "metric_values",
    "nps_daily",
    "csat_daily",
    "ces_daily",
    "survey_response_daily",
    "closed_loop",
    "survey_nonresponse",
    "nps_nonresponse",
    "fct_survey_responses",
)
CELL = tuple[int, int]


class World(NamedTuple):
    responses: list[Response]
    contacts: list[Contact]
    built: Built


@pytest.fixture(scope="module")
def world(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world in a warehouse, with the marts built over it."""
    postgres.create_database("survey_world")
    dsn = postgres.dsn("survey_world")
    rng = Random(20260420)
    responses, contacts = make_responses(rng), make_contacts(rng)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_WAREHOUSE_DSN", dsn)
        patch.setenv("CX_STATE_DIR", str(tmp_path_factory.mktemp("survey_world")))
        patch.setenv("CX_TIME_ZONE", str(ZONE))
        patch.delenv("CX_DATASET", raising=False)
        warehouse.migrate()
        with psycopg.connect(dsn, autocommit=True) as connection:
            write_responses(connection, responses)
            write_contacts(connection, contacts)
        _build(dsn)
        yield World(responses, contacts, Built(dsn))


def _build(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "insert into ops.builds (night, as_of_date, status) values (%s, %s, 'running')", (AS_OF, AS_OF)
        )
        for question, (metric, low, high, direction) in QUESTIONS.items():
            if metric:
                connection.execute(
                    "insert into ops.metric_declarations values ('asknicely', '*', %s, %s, %s, %s, %s)",
                    (question, metric, low, high, direction),
                )
    run = DbtRun(load_settings(), 1, AS_OF, lambda line: None)
    build_models(run, *MARTS)
    transform.close_build(transform.Opened(1, AS_OF, "", None))


VARIANTS: dict[str, tuple[Callable[[Response], bool], Callable[[Response], int]]] = {
    "nps": (
        lambda r: r.metric == "nps",
        lambda r: 1 if r.good >= 9 else -1 if r.good <= 6 else 0,
    ),
    "csat_top2": (
        lambda r: r.metric == "csat",
        lambda r: int({"csat": r.good >= 4, "csat3": r.good == 3, "thumbs": r.good == 1}[r.question]),
    ),
    "ces_agree": (
        lambda r: r.question in ("effort", "hardship"),
        lambda r: int(r.good >= 4),
    ),
    "ces7_mean": (lambda r: r.question in ("ease", "strain"), lambda r: r.good),
    "ces7_top3": (lambda r: r.question in ("ease", "strain"), lambda r: int(r.good >= 5)),
    "ces7_net": (
        lambda r: r.question in ("ease", "strain"),
        lambda r: int(r.good >= 6) - int(r.good <= 3),
    ),
}


def _answers(world: World, variant: str) -> list[Response]:
    belongs, _ = VARIANTS[variant]
    return [r for r in world.responses if r.is_scored and belongs(r) and r.day <= AS_OF]


def _measured(
    answers: list[Response],
    value: Callable[[Response], int],
    keep: Callable[[list[Response]], list[Response]] = lambda found: found,
) -> dict[tuple[str, date, date], CELL]:
    """Numerator and n of each window in which anybody answered, looking at every answer for every window."""
    cells = {}
    if not answers:
        return {}
    for grain, start, stop in every_period(min(r.day for r in answers), AS_OF):
        inside = keep([r for r in answers if start <= r.day < stop])
        if inside:
            cells[grain, start, stop] = sum(map(value, inside)), len(inside)
    return cells


def _latest(found: list[Response]) -> list[Response]:
    newest: dict[str, Response] = {}
    for each in found:
        known = newest.get(each.who)
        if known is None or (known.answered, f"asknicely:main:{known.id}") < (
            each.answered,
            f"asknicely:main:{each.id}",
        ):
            newest[each.who] = each
    return list(newest.values())


def _said(world: World, variant: str, segment: str, value: str) -> dict[tuple[str, date, date], CELL]:
    rows = world.built.rows(
        "select * from audit.metric_values where metric_variant = %s and segment_name = %s and segment_value = %s",
        variant,
        segment,
        value,
    )
    return {(row["grain"], row["period_start"], row["period_end"]): (round(row["numerator"]), row["n"]) for row in rows}


@pytest.mark.parametrize("variant", VARIANTS)
def test_scores_in_every_window(world: World, variant: str) -> None:
    _, value = VARIANTS[variant]
    answers = _answers(world, variant)
    assert len(answers) > 20
    assert _said(world, variant, "all", "all") == _measured(answers, value)
    for channel in ("email", "app"):
        of_channel = [r for r in answers if r.channel == channel]
        assert _said(world, variant, "channel", channel) == _measured(of_channel, value)
    for question in {r.question for r in answers}:
        asked = [r for r in answers if r.question == question]
        assert _said(world, variant, "question", question) == _measured(asked, value)


@pytest.mark.parametrize("variant", ["nps", "csat_top2", "ces_agree"])
def test_latest_per_customer_in_every_window(world: World, variant: str) -> None:
    _, value = VARIANTS[variant]
    slow = _measured(_answers(world, variant), value, _latest)
    assert _said(world, f"{variant}_latest_per_customer", "all", "all") == slow
    assert _said(world, f"{variant}_latest_per_customer", "source", "asknicely") == slow
    assert slow != _measured(_answers(world, variant), value), "the two rules must differ here, or nothing is shown"


def test_the_thousand_answers_on_seven_points(world: World) -> None:
    """80, 210, 140, 110, 160, 180 and 120 answers of 1 to 7 are 4.08, 46.0 % and -13.0."""
    rows = world.built.rows(
        "select metric_variant, value from audit.metric_values where segment_value = 'golden' and grain = 'day'"
        " and metric_variant ~ '^ces'"
    )
    assert {row["metric_variant"]: float(row["value"]) for row in rows} == {
        "ces7_mean": 4.08,
        "ces7_top3": 46.0,
        "ces7_net": -13.0,
    }


def test_undeclared_questions_are_never_scored(world: World) -> None:
    """A question on a scale of eleven that nobody declared is no recommendation question."""
    row = world.built.row(
        "select count(*) as n, count(score) + count(bucket) + count(metric) as judged"
        " from audit.fct_survey_responses where question = 'ideas'"
    )
    assert row["n"] == sum(r.question == "ideas" for r in world.responses) > 20
    assert row["judged"] == 0


def test_zero_is_an_answer_and_a_detractor(world: World) -> None:
    zeros = {f"asknicely:main:{r.id}" for r in world.responses if r.question == "nps" and r.answer == 0}
    rows = world.built.rows(
        "select response_key, bucket from audit.fct_survey_responses where question = 'nps' and score = 0"
    )
    assert {row["response_key"] for row in rows} == zeros
    assert zeros
    assert {row["bucket"] for row in rows} == {"detractor"}
    blank = world.built.row("select count(*) as n from audit.fct_survey_responses where score is null and bucket <> ''")
    assert blank["n"] == 0


@pytest.mark.parametrize(
    ("mart", "variant", "buckets"),
    [
        ("nps_daily", "nps", ("promoters", "passives", "detractors")),
        ("csat_daily", "csat_top2", ("satisfied", "neutral", "dissatisfied")),
        ("ces_daily", "ces_agree", ("easy", "neutral", "hard")),
    ],
)
def test_daily_marts_are_dense_and_agree(world: World, mart: str, variant: str, buckets: tuple[str, ...]) -> None:
    rows = world.built.rows(f"select * from audit.{mart} order by business_date")
    answers = _answers(world, variant)
    per_channel = defaultdict(list)
    for row in rows:
        per_channel[row["channel"]].append(row)
    assert set(per_channel) == {r.channel for r in answers}
    for channel, found in per_channel.items():
        assert [row["business_date"] for row in found] == every_day(min(r.day for r in answers), AS_OF)
        for row in found:
            day = row["business_date"]
            today = [r for r in answers if r.channel == channel and r.day == day]
            month = [r for r in answers if r.channel == channel and 0 <= (day - r.day).days < 30]
            assert row["n"] == len(today) == sum(row[name] for name in buckets)
            assert row["rolling_30d_n"] == len(month) == sum(row[f"rolling_30d_{name}"] for name in buckets)
            assert (row["score"] is None) == (not today)


def _rates(world: World) -> dict[date, tuple[int, int, int]]:
    """Per day of sending: sent, answered in time, and answered in time with words."""
    cells: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in world.responses:
        cell = cells[each.sent_day]
        cell[0] += 1
        cell[1] += each.is_in_time
        cell[2] += each.is_in_time and bool(each.comment.strip())
    return {day: (cell[0], cell[1], cell[2]) for day, cell in cells.items()}


def test_response_by_day_of_sending_is_unknown_until_its_window_is_over(world: World) -> None:
    rows = world.built.rows(
        "select business_date, bool_and(is_complete) as is_complete, sum(sent) as sent, sum(answered) as answered,"
        " sum(commented) as commented, count(response_rate) as rates"
        " from audit.survey_response_daily group by business_date order by business_date"
    )
    slow = _rates(world)
    assert [row["business_date"] for row in rows] == every_day(min(slow), AS_OF)
    for row in rows:
        day = row["business_date"]
        sent, answered, commented = slow.get(day, (0, 0, 0))
        is_over = day + timedelta(days=30) <= AS_OF
        assert row["sent"] == sent
        assert row["is_complete"] == is_over
        assert (row["answered"], row["commented"]) == ((answered, commented) if is_over else (None, None))
        assert is_over or row["rates"] == 0


def test_response_rate_of_elapsed_cohorts_only(world: World) -> None:
    elapsed = [r for r in world.responses if r.is_elapsed]
    days = {
        row["period_start"]: (round(row["numerator"]), row["n"])
        for row in world.built.rows(
            "select * from audit.metric_values where metric_variant = 'response_rate_of_sent' and grain = 'day'"
            " and segment_name = 'all'"
        )
    }
    slow = {
        day: (sum(r.is_in_time for r in elapsed if r.sent_day == day), sum(r.sent_day == day for r in elapsed))
        for day in {r.sent_day for r in elapsed}
    }
    assert days == slow
    months = world.built.rows(
        "select period_start, is_complete from audit.metric_values where metric_variant = 'response_rate_of_sent'"
        " and grain = 'month' and segment_name = 'all' order by 1"
    )
    complete = {row["period_start"]: row["is_complete"] for row in months}
    # February's last surveys have until 30 March, March's last ones until 30 April.
    assert complete[date(2026, 2, 1)] is True
    assert complete[date(2026, 3, 1)] is False


def test_comment_rate_counts_words_only(world: World) -> None:
    answered = [r for r in world.responses if r.answered and r.day <= AS_OF]
    row = world.built.row(
        "select * from audit.metric_values where metric_variant = 'comment_rate' and grain = 'all_time'"
        " and segment_name = 'all'"
    )
    assert (round(row["numerator"]), row["n"]) == (sum(bool(r.comment.strip()) for r in answered), len(answered))


def _next_contact(world: World, detractor: Response) -> Contact | None:
    assert detractor.answered
    after = [c for c in world.contacts if c.is_seen and c.customer == detractor.customer and c.at > detractor.answered]
    return min(after, key=lambda c: c.at, default=None)


def _next_answer(world: World, detractor: Response) -> Response | None:
    if detractor.customer is None:
        return None
    own = sorted(
        (r for r in _answers(world, "nps") if r.customer == detractor.customer),
        key=lambda r: (r.answered, f"asknicely:main:{r.id}"),
    )
    later = own[own.index(detractor) + 1 :]
    return later[0] if later else None


def test_closed_loop(world: World) -> None:
    rows = {row["response_key"]: row for row in world.built.rows("select * from audit.closed_loop")}
    detractors = [r for r in _answers(world, "nps") if r.good <= 6]
    assert set(rows) == {f"asknicely:main:{r.id}" for r in detractors}
    end = datetime.combine(AS_OF + timedelta(days=1), time(), ZONE).astimezone(UTC)
    outcomes = []
    for each in detractors:
        assert each.answered
        row, contact, following = (
            rows[f"asknicely:main:{each.id}"],
            _next_contact(world, each),
            _next_answer(world, each),
        )
        limit = each.answered + timedelta(days=14)
        if contact and contact.at < limit:
            assert row["is_contacted"] is True
            assert row["followup_ticket_key"] == f"zendesk:main:{contact.ticket}"
            hours = (contact.at - each.answered).total_seconds() / 3600
            assert float(row["hours_to_contact"]) == pytest.approx(hours, abs=1e-5)
        else:
            assert row["is_contacted"] is (False if limit <= end else None)
            assert row["hours_to_contact"] is None
        assert row["next_score"] == (following.answer if following else None)
        assert row["is_recovered"] is (following.good >= 7 if following else None)
        outcomes.append((row["is_contacted"], row["is_recovered"]))
    assert {True, False, None} == {contacted for contacted, _ in outcomes} == {recovered for _, recovered in outcomes}
    loop = world.built.row(
        "select * from audit.metric_values where metric_variant = 'closed_loop_rate' and grain = 'all_time'"
        " and segment_name = 'all'"
    )
    known = [contacted for contacted, _ in outcomes if contacted is not None]
    assert (round(loop["numerator"]), loop["n"]) == (sum(known), len(known))


def _tickets_before(world: World, response: Response) -> str:
    if response.customer is None:
        return "unknown"
    count = len({c.ticket for c in world.contacts if c.customer == response.customer})
    return "none" if count == 0 else "one" if count == 1 else "several"


def test_nonresponse_and_the_score_reweighted_to_the_invited(world: World) -> None:
    invited = [r for r in world.responses if r.metric == "nps" and r.is_elapsed]
    scored = [r for r in invited if r.is_scored and r.is_in_time]
    strata = {_tickets_before(world, r) for r in invited}
    cells = {name: [r for r in invited if _tickets_before(world, r) == name] for name in strata}
    found = {
        row["trait_value"]: (row["invited"], row["answers"])
        for row in world.built.rows("select * from audit.survey_nonresponse where trait = 'tickets'")
    }
    assert found == {n: (len(cell), sum(r in scored for r in cell)) for n, cell in cells.items()}

    def score(answers: list[Response]) -> float:
        return 100 * sum(map(VARIANTS["nps"][1], answers)) / len(answers)

    # Cells of fewer than ten answers are one stratum together.
    pooled: dict[str, list[Response]] = defaultdict(list)
    for name, cell in cells.items():
        pooled[name if sum(r in scored for r in cell) >= 10 else "pooled"] += cell
    assert len(pooled) > 1
    expected = sum(len(cell) / len(invited) * score([r for r in cell if r in scored]) for cell in pooled.values())
    row = world.built.row("select * from audit.nps_nonresponse where grain = 'all_time' and segment_name = 'all'")
    assert (row["invited"], row["answers"], row["unrepresented"]) == (len(invited), len(scored), 0)
    assert float(row["nps"]) == pytest.approx(score(scored), abs=1e-5)
    assert float(row["nps_poststratified"]) == pytest.approx(expected, abs=1e-5)
    assert abs(expected - score(scored)) > 0.01
    silent = len(invited) - len(scored)
    total = sum(map(VARIANTS["nps"][1], scored))
    assert float(row["nps_if_silent_detract"]) == pytest.approx(100 * (total - silent) / len(invited), abs=1e-5)
    assert float(row["nps_if_silent_promote"]) == pytest.approx(100 * (total + silent) / len(invited), abs=1e-5)
    weights = {
        r.id: len(cell) / len(invited) / sum(x in scored for x in cell) for cell in pooled.values() for r in cell
    }
    effective = sum(weights[r.id] for r in scored) ** 2 / sum(weights[r.id] ** 2 for r in scored)
    published = world.built.row(
        "select * from audit.metric_values where metric_variant = 'nps_poststratified' and grain = 'all_time'"
        " and segment_name = 'all'"
    )
    assert published["n"] == row["effective_answers"] == int(effective + 1e-9)
    assert published["value"] == row["nps_poststratified"]


def test_what_is_published_twice_agrees(world: World) -> None:
    """A day's figure of a daily mart, summed over its parts, is the day's figure of metric_values."""
    for mart, variant, hits, misses in (
        ("nps_daily", "nps", "promoters", "detractors"),
        ("csat_daily", "csat_top2", "satisfied", None),
        ("ces_daily", "ces_agree", "easy", None),
    ):
        lost = f" - sum({misses})" if misses else ""
        rows: list[dict[str, Any]] = world.built.rows(
            f"select business_date, sum(n) as n, sum({hits}){lost} as numerator from audit.{mart}"
            " group by 1 having sum(n) > 0"
        )
        days = {
            start: cell for (grain, start, _), cell in _said(world, variant, "all", "all").items() if grain == "day"
        }
        assert {row["business_date"]: (row["numerator"], row["n"]) for row in rows} == days


def test_first_day_is_that_of_the_zone(world: World) -> None:
    """19:00 UTC is midnight in Karachi."""
    assert min(r.sent_day for r in world.responses) >= FIRST
