"""Numbers and dates as the pages write them."""

from datetime import date

import pytest

from cx_etl.snapshot.page import count, day, environment, number, signed


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1234.56, "1,234.6"), (-3.14, "\N{MINUS SIGN}3.1"), (-0.04, "0.0"), (0, "0.0"), (-1000, "\N{MINUS SIGN}1,000.0")],
)
def test_number_has_separators_and_a_real_minus(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(1.25, "+1.2"), (-1.26, "\N{MINUS SIGN}1.3"), (0.04, "±0.0"), (-0.04, "±0.0")]
)
def test_change_always_has_a_sign(value: float, shown: str) -> None:
    assert signed(value) == shown


def test_count_and_day_are_in_english() -> None:
    assert count(1234567) == "1,234,567"
    assert day(date(2018, 10, 18)) == "Thursday 18 October 2018"


def test_templates_escape_and_refuse_unknown_names() -> None:
    assert environment().from_string("{{ text }}").render(text="<b>") == "&lt;b&gt;"
